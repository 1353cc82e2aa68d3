"""Numbers and reports as people read them."""

from indexer.build import Report
from indexer.complete import Completion
from indexer.photo import Skip
from indexer.plan import Plan
from indexer.store.roots import Root
from terminal.text import completed, completion_notes, duration, notes, photos, pictures, planned, size, summary


def test_sizes_have_three_digits_and_a_unit() -> None:
    assert [size(n) for n in (0, 999, 1000, 1_234_567, 2_800_000_000, 4e15)] == [
        "0 B",
        "999 B",
        "1 KB",
        "1.23 MB",
        "2.8 GB",
        "4e+03 TB",
    ]


def test_one_photo_is_singular() -> None:
    assert (photos(1), photos(0), photos(1_200)) == ("1 photo", "0 photos", "1,200 photos")
    assert (pictures(1), pictures(1_200)) == ("1 picture", "1,200 pictures")


def test_durations_have_two_units_at_most() -> None:
    times = (0.2, 40, 89, 91, 3_000, 5_000, 100_000, 200_000, 900_000)
    assert [duration(time) for time in times] == [
        "1 s",
        "40 s",
        "89 s",
        "2 min",
        "50 min",
        "83 min",
        "27 h 47 min",
        "2 days 8 h",
        "10 days 10 h",
    ]


def test_a_summary_names_what_happened_and_leaves_out_what_did_not() -> None:
    assert summary(Report(new=2, gone=1, unchanged=1_000), would=False) == "2 new, 1 gone, 1,000 unchanged"
    assert summary(Report(new=2), would=True) == "would be: 2 new"
    assert summary(Report(unchanged=9, read_again=2), would=False) == "9 unchanged, 2 to read again"
    assert summary(Report(), would=False) == "no photos there"


def test_every_thing_left_out_has_its_sentence() -> None:
    report = Report(
        offline=3,
        vanished=1,
        skipped=2,
        away=[Root("/Volumes/Trip", (), 1, None)],
        unreadable=[Skip("/photos/private", "folder cannot be read: Permission denied")],
    )
    assert list(notes(report)) == [
        "/Volumes/Trip: not there (drive unplugged?); its photos are kept, and found",
        "/photos/private: folder cannot be read: Permission denied",
        "3 photos only in iCloud: left out, so that nothing is downloaded",
        "1 photo went or changed while being read: the next run sees to it",
        "2 photos skipped: `pics errors` says why",
    ]


def test_a_pass_says_what_it_did_what_it_left_and_what_to_type_next() -> None:
    whole = Completion("siglip", in_use=False, lacking=2, encoded=2)
    assert completed(whole) == "siglip: made 2 of 2 missing vectors"
    assert list(completion_notes(whole)) == [
        "siglip has the vectors of all pictures: `pics use siglip` switches to it",
    ]
    assert list(completion_notes(Completion("siglip", in_use=True, lacking=2, encoded=2))) == []
    left = Completion("siglip", False, lacking=20, encoded=2, away=12, offline=1, changed=2, skipped=3)
    assert list(completion_notes(left)) == [
        "12 pictures are on drives that are not there: plugged in again, `pics index --model siglip` goes on with them",
        "1 picture only in iCloud: left out, so that nothing is downloaded",
        "2 pictures changed since indexed: `pics index` without a path sees to it",
        "3 pictures could not be read: `pics errors` says why",
    ]
    (note,) = completion_notes(Completion("siglip", False, lacking=1, away=1))
    assert note.startswith("1 picture is on a drive that is not there")


def test_a_plan_says_what_is_known() -> None:
    assert [
        planned(Plan("siglip", 140_000, 12_000, True, 600_000_000, 0)),
        planned(Plan("siglip", 1, 300, False, 2_000_000_000, 800_000_000)),
        planned(Plan("siglip", 3, None, False, None, 0)),
        planned(Plan("siglip", 0, 0.0, False, 0, 0)),
    ] == [
        "siglip: 140,000 pictures to encode, about 3 h 20 min, 600 MB of disk",
        "siglip: 1 picture to encode, about 5 min (reckoned from the model in use), 2 GB of disk;"
        " a download of 800 MB comes first",
        "siglip: 3 pictures to encode, how long it takes is not known before the model is here",
        "siglip: no picture lacks its vectors",
    ]
