"""Numbers and reports as people read them."""

from indexer.build import Report
from indexer.photo import Skip
from indexer.store.roots import Root
from terminal.text import notes, photos, size, summary


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


def test_a_summary_names_what_happened_and_leaves_out_what_did_not() -> None:
    assert summary(Report(new=2, gone=1, unchanged=1_000), would=False) == "2 new, 1 gone, 1,000 unchanged"
    assert summary(Report(new=2), would=True) == "would be: 2 new"
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
