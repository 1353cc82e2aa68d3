"""Milvus, or Milvus Lite in a folder: vectors of many libraries, searched there, with what they are filtered by.

A collection for each model, by what makes two models the same; in it a row for each picture of each library that was
pushed: its vector, the fields of milvus_filters.py, and as text all that is known of it. One more collection,
`pics_libraries`, says who pushed what. All reads see all writes that came before them (Milvus calls this "Strong").
"""

import hashlib
import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import numpy as np

from indexer.errors import BadStoreAddress, LacksPackage, StoreBusy, StoreDown, StoreFailed
from indexer.photo import ModelIdentity, Vector
from indexer.query import EVERYWHERE, Filters
from indexer.store.entries import Entry
from indexer.store.milvus_filters import DEGREES, LISTS, MOST_NUMBERS, NUMBERS, TEXTS, exactly, expression, fields_of

FORMAT = 1  # of the rows, in the names of collections and in every row's print
CONNECT_S, ANSWER_S, LOAD_S = 5, 60, 600
MOST_FOUND = 16_384  # Milvus answers no more to a question
MOST_TEXT = 65_535  # bytes in a text field of Milvus
AT_ONCE = 500  # rows sent or fetched: 2 MB at 512 numbers, 32 MB where every text were as long as can be
OWNER, HASH = 16, 64  # hexadecimal digits of a key: whose picture, and the SHA-256 of its bytes
PORT = 19530
LIBRARIES = "pics_libraries"
INDEXES = ("FLAT", "HNSW", "IVF_FLAT", "IVF_SQ8", "DISKANN", "AUTOINDEX", "SCANN", "GPU_CAGRA", "GPU_BRUTE_FORCE")


@dataclass(frozen=True, slots=True)
class Pushed:
    """What one library has in a store: `pictures` of one model, since `at` (UTC). `owner` is its id."""

    owner: str
    name: str
    model: ModelIdentity
    pictures: int
    at: str


@dataclass(frozen=True, slots=True)
class Address:
    """Where a store is: `milvus+http://[USER:PASSWORD@]HOST[:PORT][/DATABASE][?index=…]`, or `milvus+file:///FOLDER`.

    `shown` has no password in it.
    """

    shown: str
    uri: str
    folder: Path | None = None
    index: str = "FLAT"

    @classmethod
    def read(cls, typed: str) -> "Address":
        """Raises BadStoreAddress."""
        try:
            parts = urlsplit(typed)
            port = parts.port or PORT
        except ValueError as error:
            raise BadStoreAddress(_without_password(typed), str(error)) from error
        index = parse_qs(parts.query).get("index", ["FLAT"])[-1].upper()
        if index not in INDEXES:
            raise BadStoreAddress(_without_password(typed), f"{index} is none of {', '.join(INDEXES)}")
        kind = parts.scheme.removeprefix("milvus+")
        if parts.scheme == "milvus+file" and parts.path.startswith("/") and not parts.netloc:
            return cls(f"{parts.scheme}://{parts.path}", "", Path(unquote(parts.path)), index)
        if parts.scheme not in ("milvus+http", "milvus+https") or not parts.hostname:
            raise BadStoreAddress(_without_password(typed), "")
        where = f"{_host(parts)}:{port}{parts.path.rstrip('/')}"
        user = f"{parts.netloc.rpartition('@')[0]}@" if parts.username else ""
        return cls(f"{parts.scheme}://{where}", f"{kind}://{user}{where}", None, index)


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    return f"[{host}]" if ":" in host else host


def _without_password(typed: str) -> str:
    start, _, rest = typed.rpartition("://")
    return f"{start}://{rest.rpartition('@')[2]}" if start else typed


def key_of(owner: str, sha256: bytes) -> str:
    return owner + sha256.hex()


def parts_of(key: str) -> tuple[str, bytes]:
    """Whose picture, and the SHA-256 of its bytes."""
    return key[:OWNER], bytes.fromhex(key[OWNER:])


class Milvus:
    """A connection, made when it is first needed. Raises LacksPackage, StoreBusy, StoreDown, StoreFailed."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._open = ExitStack()
        self._ready: set[str] = set()
        self._connection: Any = None

    def close(self) -> None:
        self._connection = None
        self._open.close()

    # -- who has what here

    def pushed(self, model: ModelIdentity | None = None) -> list[Pushed]:
        """By every library, with every model or with this one; the last that was pushed first."""
        if not self._is_ready(LIBRARIES):
            return []
        fields = ["owner", "name", "model", "pictures", "at"]
        with self._named():
            rows = self._client.query(LIBRARIES, filter="", output_fields=fields, limit=MOST_FOUND, timeout=ANSWER_S)
        found = [_pushed(row) for row in rows]
        wanted = [one for one in found if model is None or one.model.makes_the_same_vectors_as(model)]
        return sorted(wanted, key=lambda one: one.at, reverse=True)

    def note(self, pushed: Pushed) -> None:
        """Writes down what a library has here now; nothing where that is no picture at all."""
        if not self._is_ready(LIBRARIES):
            self._create(LIBRARIES, 2, {"owner": 64, "name": 1024, "model": 4096, "at": 64}, ("pictures",))
        row = {**asdict(pushed), "model": json.dumps(asdict(pushed.model)), "vector": [1.0, 0.0]}
        key = f"{pushed.owner} {_collection(pushed.model)}"
        with self._named():
            if pushed.pictures:
                self._client.upsert(LIBRARIES, [{**row, "key": key}], timeout=ANSWER_S)
            else:
                self._client.delete(LIBRARIES, ids=[key], timeout=ANSWER_S)

    def count(self, model: ModelIdentity, owner: str | None = None, filters: Filters = EVERYWHERE) -> int:
        """How many pictures there are of this model, of one library or of all, among which those that pass are."""
        if not self._is_ready(_collection(model)):
            return 0
        asked = " and ".join(filter(None, [f'owner == "{owner}"' if owner else "", expression(filters)]))
        with self._named():
            found = self._client.query(_collection(model), filter=asked, output_fields=["count(*)"], timeout=ANSWER_S)
            return int(found[0]["count(*)"])

    # -- in

    def make_room(self, model: ModelIdentity) -> None:
        """For its vectors, if there is none yet."""
        name = _collection(model)
        if not self._is_ready(name):
            self._create(name, model.dim, TEXTS | {"owner": OWNER, "entry": MOST_TEXT}, ("print", *NUMBERS))

    def put(self, model: ModelIdentity, owner: str, pictures: Iterable[tuple[Entry, Vector]]) -> None:
        """Entries with their vectors, in place of what was there of them."""
        rows = [
            {
                "key": key_of(owner, entry.content.hash),
                "owner": owner,
                "print": print_of(entry),
                "entry": entry.text(MOST_TEXT),
                "vector": vector,
                **fields_of(entry),
            }
            for entry, vector in pictures
        ]
        with self._named():
            self._client.upsert(self._at(model), rows, timeout=ANSWER_S)

    def delete(self, model: ModelIdentity, keys: Sequence[str]) -> None:
        with self._named():
            self._client.delete(self._at(model), ids=list(keys), timeout=ANSWER_S)

    # -- out

    def nearest(
        self, model: ModelIdentity, vector: Vector, k: int, filters: Filters = EVERYWHERE
    ) -> list[tuple[str, float]]:
        """The k pictures of all libraries that pass and are most like a unit vector, as (key, cosine), best first.

        At most 16,384, of which those that Milvus cannot tell from what passes are left out.
        """
        test, wanted = exactly(filters), min(k, MOST_FOUND)
        while True:
            rows = self._search(self._at(model), vector, wanted, expression(filters), ["entry"] if test else [])
            found = [row for row in rows if test is None or test(_entry(row).known)]
            if len(found) >= k or len(rows) < wanted or wanted == MOST_FOUND:
                return [(row["key"], float(row["distance"])) for row in found[:k]]
            wanted = min(4 * wanted, MOST_FOUND)

    def _search(self, name: str, vector: Vector, k: int, asked: str, fields: list[str]) -> list[dict[str, Any]]:
        with self._named():
            (hits,) = self._client.search(
                name, data=[vector], limit=k, filter=asked, output_fields=fields, anns_field="vector", timeout=ANSWER_S
            )
            return [{"key": hit["key"], "distance": hit["distance"], **hit["entity"]} for hit in hits]

    def entries(self, model: ModelIdentity, keys: Sequence[str]) -> dict[str, Entry]:
        return {row["key"]: _entry(row) for row in self._get(model, keys, "entry")}

    def prints(self, model: ModelIdentity, keys: Sequence[str]) -> dict[str, int]:
        return {row["key"]: int(row["print"]) for row in self._get(model, keys, "print")}

    def vectors(self, model: ModelIdentity, keys: Sequence[str]) -> dict[str, Vector]:
        """float32 (dim,) each."""
        return {row["key"]: np.asarray(row["vector"], np.float32) for row in self._get(model, keys, "vector")}

    def sample(self, model: ModelIdentity, n: int) -> Vector:
        """float32 (at most n, dim): vectors of any pictures."""
        with self._named():
            rows = self._client.query(self._at(model), filter="", output_fields=["vector"], limit=n, timeout=ANSWER_S)
        return np.array([row["vector"] for row in rows], np.float32).reshape(-1, model.dim)

    def keys(self, model: ModelIdentity, owner: str) -> Iterator[list[str]]:
        """Of all pictures of a library, some at a time."""
        for block in self._blocks(self._at(model), f'owner == "{owner}"', ["key"]):
            yield [row["key"] for row in block]

    def all_entries(self, model: ModelIdentity, owner: str) -> Iterator[dict[str, Entry]]:
        """By their keys, some at a time."""
        for block in self._blocks(self._at(model), f'owner == "{owner}"', ["key", "entry"]):
            yield {row["key"]: _entry(row) for row in block}

    def _get(self, model: ModelIdentity, keys: Sequence[str], field: str) -> Iterator[dict[str, Any]]:
        for start in range(0, len(keys), AT_ONCE):
            with self._named():
                found = self._client.get(
                    self._at(model), ids=keys[start : start + AT_ONCE], output_fields=[field], timeout=ANSWER_S
                )
            yield from found

    def _blocks(self, name: str, asked: str, fields: list[str]) -> Iterator[list[dict[str, Any]]]:
        with self._named():
            rows = self._client.query_iterator(
                name, batch_size=AT_ONCE, filter=asked, output_fields=fields, timeout=ANSWER_S
            )
        while True:
            with self._named():
                block = rows.next()
            if not block:
                rows.close()
                return
            yield block

    # -- the connection

    @property
    def _client(self) -> Any:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> Any:
        try:
            from pymilvus import MilvusClient
        except ModuleNotFoundError as error:
            raise LacksPackage("a store (PICS_STORE)", "pymilvus", "milvus") from error
        for said_by in ("pymilvus", "grpc", "milvus_lite"):  # what goes wrong is said once, by us
            logging.getLogger(said_by).setLevel(logging.CRITICAL + 1)
        uri = self.address.uri if self.address.folder is None else self._serve(self.address.folder)
        client = MilvusClient(uri, timeout=CONNECT_S)
        self._open.callback(client.close)
        return client

    def _serve(self, folder: Path) -> str:
        """Milvus Lite, for as long as the connection lasts."""
        try:
            from milvus_lite.adapter.grpc.server import start_server_in_thread
            from milvus_lite.exceptions import DataDirLockedError
        except ModuleNotFoundError as error:
            raise LacksPackage("a store in a folder", "milvus-lite", "milvus") from error
        try:
            server, data, port = start_server_in_thread(str(folder), "127.0.0.1", 0)
        except DataDirLockedError as error:
            raise StoreBusy(folder) from error
        except OSError as error:
            raise StoreFailed(self.address.shown, error.strerror or str(error)) from error
        self._open.callback(data.close)
        self._open.callback(lambda: server.stop(grace=0).wait())
        return f"http://127.0.0.1:{port}"

    def _is_ready(self, name: str) -> bool:
        """Whether there is such a collection; then it can be asked from now on."""
        if name not in self._ready:
            with self._named():
                if not self._client.has_collection(name, timeout=ANSWER_S):
                    return False
                self._client.load_collection(name, timeout=LOAD_S)
            self._ready.add(name)
        return True

    def _at(self, model: ModelIdentity) -> str:
        """The collection of the model, ready to be asked."""
        name = _collection(model)
        if not self._is_ready(name):
            raise StoreFailed(self.address.shown, f"there is no collection {name}, which has {model.name}'s vectors")
        return name

    def _create(self, name: str, dim: int, texts: dict[str, int], numbers: Sequence[str]) -> None:
        from pymilvus import DataType

        with self._named():
            client = self._client
            schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
            schema.add_field("key", DataType.VARCHAR, is_primary=True, max_length=2 * HASH)
            schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dim)
            for field, most in texts.items():
                schema.add_field(field, DataType.VARCHAR, max_length=most)
            for field in numbers:
                schema.add_field(field, DataType.INT64)
            if name != LIBRARIES:
                for field in DEGREES:
                    schema.add_field(field, DataType.DOUBLE)
                for field in LISTS:
                    schema.add_field(field, DataType.ARRAY, element_type=DataType.INT64, max_capacity=MOST_NUMBERS)
            index = client.prepare_index_params()
            kind = "FLAT" if name == LIBRARIES else self.address.index
            index.add_index("vector", index_type=kind, metric_type="IP", params={})
            client.create_collection(
                name, schema=schema, index_params=index, consistency_level="Strong", timeout=ANSWER_S
            )
            client.load_collection(name, timeout=LOAD_S)
        self._ready.add(name)

    @contextmanager
    def _named(self) -> Iterator[None]:
        """A sentence for whatever can go wrong."""
        try:
            import grpc
            from pymilvus.exceptions import MilvusException
        except ModuleNotFoundError as error:
            raise LacksPackage("a store (PICS_STORE)", "pymilvus", "milvus") from error
        try:
            yield
        except (grpc.RpcError, grpc.FutureTimeoutError, MilvusException) as error:
            said = str(getattr(error, "message", "") or error)
            if _is_down(error, said):
                raise StoreDown(self.address.shown) from error
            raise StoreFailed(self.address.shown, said) from error


def print_of(entry: Entry) -> int:
    """63 bits that are others where anything that is sent of a picture is, but for its vector."""
    return int.from_bytes(hashlib.sha256(f"{FORMAT} {entry.text(MOST_TEXT)}".encode()).digest()[:8]) >> 1


def _collection(model: ModelIdentity) -> str:
    """Another for every two models of which the vectors cannot be compared."""
    made_by = json.dumps([model.weights_hash, model.dim, model.preprocessing]).encode()
    return f"pics_{FORMAT}_{hashlib.sha256(made_by).hexdigest()[:16]}"


def _entry(row: dict[str, Any]) -> Entry:
    return Entry.read(parts_of(row["key"])[1], row["entry"])


def _pushed(row: dict[str, Any]) -> Pushed:
    model = ModelIdentity(**json.loads(row["model"]))
    return Pushed(row["owner"], row["name"], model, int(row["pictures"]), row["at"])


def _is_down(error: Exception, said: str) -> bool:
    signs = ("fail connecting", "unavailable", "deadline", "retry timeout", "failed to connect", "connection refused")
    code = getattr(error, "code", None)
    return code == 2 or any(sign in said.lower() for sign in signs) or type(error).__name__ == "FutureTimeoutError"
