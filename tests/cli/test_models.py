import json
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner, Result

from edge.cli import models as verb
from edge.cli.app import app
from edge.core.errors import ConfigError
from edge.devices.face.models import Listed, Presence, Serves, listed, need_listed, presence
from edge.host.download import Wanted, download

RUNNER = CliRunner()
CONTENT = bytes(range(256)) * 1200
NAME = "net.onnx"


class Server:
    """Serves one file; `breaks_after` cuts an answer short, `ranges` honours Range."""

    def __init__(self) -> None:
        self.content = CONTENT
        self.breaks_after: int | None = None
        self.ranges = True
        self.asked: list[str | None] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, *_: object) -> None:
                """Stay silent."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.thread = Thread(target=self.http.serve_forever, args=(0.02,), name="models-server")
        self.thread.start()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers["Range"]
        self.asked.append(wanted)
        if not request.path.endswith(f"/{NAME}"):
            request.send_error(404)
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.ranges else 0
        body = self.content[start:]
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body if self.breaks_after is None else body[: self.breaks_after])

    def close(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join(5)


@pytest.fixture
def server() -> Iterator[Server]:
    serving = Server()
    yield serving
    serving.close()


def wanted(server: Server, folder: Path, content: bytes = CONTENT) -> Wanted:
    url, digest = f"{server.url}/{NAME}", sha256(content).hexdigest()
    return Wanted(url, folder / NAME, len(content), digest)


def test_a_file_is_fetched_whole(server: Server, tmp_path: Path) -> None:
    assert download(wanted(server, tmp_path)) == len(CONTENT)
    assert (tmp_path / NAME).read_bytes() == CONTENT
    assert not list(tmp_path.glob("*.part"))


def test_a_broken_download_goes_on_where_it_broke_off(server: Server, tmp_path: Path) -> None:
    server.breaks_after = 100_000
    with pytest.raises(Exception, match="download_broken"):
        download(wanted(server, tmp_path))
    assert not (tmp_path / NAME).exists()
    server.breaks_after = None
    assert download(wanted(server, tmp_path)) == len(CONTENT) - 100_000
    assert server.asked[-1] == "bytes=100000-"
    assert (tmp_path / NAME).read_bytes() == CONTENT


def test_a_server_without_ranges_is_asked_for_the_whole(server: Server, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(CONTENT[:5000])
    server.ranges = False
    assert download(wanted(server, tmp_path)) == len(CONTENT)
    assert (tmp_path / NAME).read_bytes() == CONTENT


@pytest.mark.parametrize("served", [CONTENT[:-1] + b"!", CONTENT + b"more"])
def test_another_content_is_thrown_away(server: Server, tmp_path: Path, served: bytes) -> None:
    server.content = served
    with pytest.raises(ConfigError, match="download_changed"):
        download(wanted(server, tmp_path))
    assert not list(tmp_path.iterdir())


def test_a_false_start_is_found_and_the_next_try_begins_anew(
    server: Server, tmp_path: Path
) -> None:
    (tmp_path / f"{NAME}.part").write_bytes(b"x" * 5000)
    with pytest.raises(ConfigError, match="download_changed"):
        download(wanted(server, tmp_path))
    assert download(wanted(server, tmp_path)) == len(CONTENT)


@pytest.mark.parametrize("url", ["http://192.0.2.1/net.onnx", "file:///etc/hosts", "ftp://a/b"])
def test_only_https_and_loopback_are_asked(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="download_url_refused"):
        download(Wanted(url, tmp_path / NAME, 1, "0"))


def test_the_registry_names_content_and_licence_of_each_model() -> None:
    known = listed()
    assert {model.serves for model in known} == set(Serves)
    for model in known:
        assert len(model.sha256) == 64
        assert model.bytes > 0
        assert model.licence in {"MIT", "Apache-2.0"}
        assert model.url.startswith("https://") or not model.url
    assert len({model.file for model in known}) == len(known)


@pytest.fixture
def one_model(monkeypatch: pytest.MonkeyPatch) -> Listed:
    """A registry of one small model, whose content the server has."""
    digest = sha256(CONTENT).hexdigest()
    model = Listed("net", NAME, len(CONTENT), digest, Serves.ENCODE, "MIT", "nobody", "any", "none")
    monkeypatch.setattr(verb, "listed", lambda: (model,))
    return model


def run(*words: str | Path) -> Result:
    return RUNNER.invoke(app, ["models", *map(str, words)])


def test_models_are_listed_fetched_and_verified(
    server: Server, tmp_path: Path, one_model: Listed
) -> None:
    told = json.loads(run("list", "--json", "--dir", tmp_path).stdout)
    assert (told["state"], told["licence"]) == ("absent", "MIT")
    missing = run("verify", "--dir", tmp_path)
    assert missing.exit_code == 1
    assert "face_model_absent" in missing.stdout
    fetched = run("fetch", "net", "--dir", tmp_path, "--from", server.url)
    assert fetched.exit_code == 0, fetched.output
    assert "MIT" in fetched.stdout
    assert presence(one_model, tmp_path) is Presence.PRESENT
    assert run("verify", "--dir", tmp_path).exit_code == 0
    assert run("fetch", "--dir", tmp_path).stdout.startswith("present")
    (tmp_path / NAME).write_bytes(b"another")
    changed = run("verify", "--json", "--dir", tmp_path)
    assert (changed.exit_code, json.loads(changed.stdout)["problem"]) == (1, "face_model_changed")
    with pytest.raises(ConfigError, match="face_model_changed"):
        need_listed(one_model, tmp_path)


def test_what_cannot_be_fetched_is_named(server: Server, tmp_path: Path, one_model: Listed) -> None:
    assert one_model.url == ""
    nowhere = run("fetch", "--dir", tmp_path)
    assert nowhere.exit_code == 1
    assert "face_model_no_address" in nowhere.stderr
    server.content = b"another" + CONTENT[7:]
    assert run("fetch", "--dir", tmp_path, "--from", server.url).exit_code == 2
    server.breaks_after = 10
    lost = run("fetch", "--dir", tmp_path, "--from", server.url)
    assert lost.exit_code == 1
    assert "download_broken" in lost.stderr
    strange = run("verify", "nobody", "--dir", tmp_path)
    assert strange.exit_code == 2
    assert "face_model_unknown" in strange.stderr


def test_the_directory_of_the_environment_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_model: Listed
) -> None:
    (tmp_path / one_model.file).write_bytes(CONTENT)
    monkeypatch.setenv("EDGE_MODELS_DIR", str(tmp_path))
    assert run("verify").exit_code == 0
