"""Fetching Speech Commands from a real server that cuts connections."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import soundfile
from torchaudio.datasets import speechcommands

from fskws import dataset, speech_commands
from fskws.__main__ import main
from fskws.errors import DataError
from fskws.speech_commands import download_speech_commands


def archive() -> bytes:
    """A small set in the archive's own layout: two words, noise, lists."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:

        def add(name: str, content: bytes) -> None:
            entry = tarfile.TarInfo("./" + name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))

        draws = np.random.default_rng(0)
        for word in ("left", "right", "_background_noise_"):
            for speaker in ("aa", "bb", "cc"):
                sound = io.BytesIO()
                soundfile.write(sound, draws.integers(-9000, 9000, 16_000).astype(np.int16), 16_000, format="WAV")
                add(f"{word}/{speaker}_nohash_0.wav", sound.getvalue())
        add("validation_list.txt", b"left/bb_nohash_0.wav\nright/bb_nohash_0.wav\n")
        add("testing_list.txt", b"left/cc_nohash_0.wav\nright/cc_nohash_0.wav\n")
    return packed.getvalue()


class Server:
    """Serves one file; `cuts` lists after how many bytes of its answers it hangs up (None: never)."""

    def __init__(self, content: bytes) -> None:
        self.content, self.cuts, self.ranges, self.whole_files_only = content, [], [], False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked = self.headers.get("Range")
                outer.ranges.append(asked)
                if "missing" in self.path:
                    self.send_error(404)
                    return
                begin = int(re.fullmatch(r"bytes=(\d+)-", asked)[1]) if asked and not outer.whole_files_only else 0
                rest = outer.content[begin:]
                if begin and not rest:
                    self.send_error(416)
                    return
                self.send_response(206 if begin else 200)
                self.send_header("Content-Length", str(len(rest)))
                self.end_headers()
                cut = outer.cuts.pop(0) if outer.cuts else None
                self.wfile.write(rest[:cut])

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/speech_commands_v0.02.tar.gz"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def content():
    """The archive's bytes."""
    return archive()


@pytest.fixture
def server(content, monkeypatch):
    """A running server that stands for the real one."""
    running = Server(content)
    entry = (running.url, hashlib.sha256(content).hexdigest())
    monkeypatch.setitem(speech_commands.ARCHIVES, 2, entry)
    yield running
    running.http.shutdown()
    running.http.server_close()


def test_a_cut_connection_is_gone_on_with(server, content, tmp_path, capsys):
    """Three answers that end early: each next one asks for the rest alone; the words are there and split by lists."""
    server.cuts = [10_000, 5_000, 1]
    assert main(["data", "gsc", "--out", str(tmp_path)]) == 0
    assert server.ranges == [None, "bytes=10000-", "bytes=15000-", "bytes=15001-"]
    out = capsys.readouterr().out
    words = tmp_path / "SpeechCommands" / "speech_commands_v0.02"
    assert str(words) in out and "--preset gsc35-20+5x3x5" in out
    keywords = dataset.open_keyword_set(words, tmp_path / "cache")
    assert keywords.words == ("left", "right")
    splits = dataset.split_by_speaker(keywords)
    assert (splits.how, len(splits.train), len(splits.validation), len(splits.test)) == ("official lists", 2, 2, 2)
    assert download_speech_commands(tmp_path) == words
    assert len(server.ranges) == 4, "a whole set is not fetched again"


def test_what_came_is_kept_for_the_next_call(server, content, tmp_path):
    """A server that stays away ends the command with what is kept; the next command goes on from there."""
    server.cuts = [20_000] + [0] * 9
    with pytest.raises(DataError, match=r"the connection ended at 20000 of \d+ bytes.*; 0.0 MB are kept in .*\.part; "):
        download_speech_commands(tmp_path, patience_s=0.4)
    server.cuts = []
    download_speech_commands(tmp_path)
    assert server.ranges[-1] == "bytes=20000-"


def test_a_server_without_ranges_gives_the_whole_file_again(server, tmp_path):
    """The part is begun anew instead of being doubled."""
    server.whole_files_only, server.cuts = True, [10_000]
    assert download_speech_commands(tmp_path).is_dir()
    assert server.ranges == [None, "bytes=10000-"]


def test_a_wrong_checksum_deletes_the_file_and_says_so(server, content, tmp_path):
    """A part of something else is not kept as if it were the archive."""
    (tmp_path / "speech_commands_v0.02.tar.gz.part").write_bytes(b"x" * 100)
    with pytest.raises(DataError, match=r"its checksum is .*the broken file was deleted, the same command fetches"):
        download_speech_commands(tmp_path)
    assert not list(tmp_path.iterdir())
    assert download_speech_commands(tmp_path).is_dir()


def test_an_interrupted_unpacking_is_done_anew(server, tmp_path):
    """Words that are there without the mark of a whole unpacking are not trusted."""
    half = tmp_path / "SpeechCommands" / "speech_commands_v0.02" / "half"
    half.mkdir(parents=True)
    download_speech_commands(tmp_path)
    assert not half.exists()


def test_what_cannot_be_had_is_told(server, tmp_path, monkeypatch):
    """No such version, no such file, no server: each says what to do; nothing is left behind."""
    with pytest.raises(DataError, match="version=3; allowed: 1 or 2"):
        download_speech_commands(tmp_path, 3)
    monkeypatch.setitem(speech_commands.ARCHIVES, 2, (server.url + "/missing", "0"))
    with pytest.raises(DataError, match="the server answers 404 Not Found"):
        download_speech_commands(tmp_path)
    monkeypatch.setitem(speech_commands.ARCHIVES, 2, ("http://127.0.0.1:9/x.tar.gz", "0"))
    with pytest.raises(DataError, match=r"no connection .*give an existing folder as --data"):
        download_speech_commands(tmp_path, patience_s=0)
    assert not list(tmp_path.iterdir())


def test_addresses_and_checksums_are_those_of_torchaudio():
    """The dataset class's own table."""
    assert dict(speech_commands.ARCHIVES.values()) == speechcommands._CHECKSUMS
