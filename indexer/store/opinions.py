"""What a person thinks of pictures, and which were recommended: one opinion a picture, the last."""

from collections.abc import Iterable
from typing import Literal

from indexer.store.database import Database

Opinion = Literal["liked", "disliked", "shown"]


class Opinions:
    """By content id; an opinion goes with its content."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, opinion: Opinion) -> list[int]:
        """The pictures of which that is thought, the last first."""
        rows = self._database.rows(
            "select content_id from opinion where opinion = ? order by at desc, content_id desc", opinion
        )
        return [content_id for (content_id,) in rows]

    def note(self, contents: Iterable[int], opinion: Literal["liked", "disliked"]) -> None:
        """In place of what was thought of them before."""
        with self._database.transaction():
            self._database.run_many(
                "insert or replace into opinion (content_id, opinion) select id, ? from content where id = ?",
                ((opinion, content_id) for content_id in contents),
            )

    def note_shown(self, contents: Iterable[int]) -> None:
        """Of which something is thought already, that stays."""
        with self._database.transaction():
            self._database.run_many(
                "insert or ignore into opinion (content_id, opinion) select id, 'shown' from content where id = ?",
                ((content_id,) for content_id in contents),
            )

    def forget(self) -> int:
        """Drops all of them; returns of how many pictures a person had said something."""
        with self._database.transaction():
            number = self._database.value("select count(*) from opinion where opinion != 'shown'")
            self._database.run("delete from opinion")
        return int(number)
