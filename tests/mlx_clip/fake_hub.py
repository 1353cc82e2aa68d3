"""A model hub on this machine: the few endpoints that a download asks for, over the files of one folder."""

import hashlib
import json
import threading
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class FakeHub(ThreadingHTTPServer):
    """Serves a repo, `owner/name`, at one commit, and `others`. Used as a context; `requests` are (method, path).

    With `stall_at`, larger files stop after so many bytes, `stalled` is set, and nothing follows.
    """

    daemon_threads = True

    def __init__(
        self, folder: Path, repo: str, stall_at: int | None = None, others: dict[str, Path] | None = None
    ) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.folders = {repo: folder} | (others or {})
        self.stall_at = stall_at
        self.requests: list[tuple[str, str]] = []
        self.stalled, self.closing = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self.serve_forever)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> "FakeHub":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self.server_close()
        self._thread.join()

    def fetched(self) -> list[str]:
        """The files whose content was asked for, in order, as often as it was."""
        return [path.rsplit("/", 1)[1] for method, path in self.requests if method == "GET" and "/resolve/" in path]

    def info(self, repo: str) -> dict[str, Any]:
        siblings = [{"rfilename": file.name, "size": file.stat().st_size} for file in self.files(repo)]
        return {"id": repo, "sha": COMMIT, "siblings": siblings, "private": False, "tags": []}

    def tree(self, repo: str) -> list[dict[str, Any]]:
        return [
            {"type": "file", "path": file.name, "size": file.stat().st_size, "oid": etag(file)}
            for file in self.files(repo)
        ]

    def files(self, repo: str) -> list[Path]:
        return sorted(self.folders[repo].iterdir())


class Answer(BaseHTTPRequestHandler):
    server: FakeHub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        hub, path = self.server, urlsplit(self.path).path
        hub.requests.append((self.command, path))
        repo = next((repo for repo in hub.folders if f"/{repo}" in path), "no/repo")
        api = f"/api/models/{repo}"
        file = hub.folders.get(repo, Path("/nowhere")) / path.rsplit("/", 1)[1]
        if repo in hub.folders and path in (api, f"{api}/revision/main", f"{api}/revision/{COMMIT}"):
            self._json(hub.info(repo))
        elif path == f"{api}/tree/{COMMIT}":
            self._json(hub.tree(repo))
        elif fnmatch(path, f"/{repo}/resolve/*") and file.is_file():
            self._send(200, file.read_bytes(), {"ETag": f'"{etag(file)}"', "X-Repo-Commit": COMMIT})
        else:
            code = "RevisionNotFound" if path.startswith(f"{api}/") else "RepoNotFound"
            self._send(404, b"{}", {"X-Error-Code": code, "X-Error-Message": "Not found"})

    do_HEAD = do_GET

    def _json(self, value: object) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        hub = self.server
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        if hub.stall_at is None or len(content) <= hub.stall_at:
            self.wfile.write(content)
            return
        self.wfile.write(content[: hub.stall_at])
        self.wfile.flush()
        hub.stalled.set()
        hub.closing.wait(60)

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:  # whoever asked was killed
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


def etag(file: Path) -> str:
    """As git and the hub name a file's content."""
    content = file.read_bytes()
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()
