"""The runner and its copies over plain pipes: everything of a host but ssh. With ssh: test_hosts_sshd.py."""

from __future__ import annotations

import ast
import base64
import contextlib
import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from assistant import hosts, launch, runner
from assistant.copies import Copies, Link
from assistant.errors import HostError, LaunchError
from assistant.hosts import LocalHost, SshHost, control_path, explain_ssh, runner_files, runner_version
from assistant.settings import HostSettings
from fskws import runs
from fskws.runs import RunDirectory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the GPU side is Linux")


def until(condition, seconds: float = 30.0):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.01)
    return found


def end_keeper(root: Path) -> None:
    """Ends the keeper of a runner's directory, by the id it wrote down."""
    try:
        known = json.loads((root / "keeper.json").read_bytes())
    except (OSError, ValueError):
        return
    if runs.is_alive(known):
        os.kill(known["pid"], signal.SIGTERM)


@pytest.fixture
def host(tmp_path):
    """A host that is this machine, its runner copied to a folder of its own."""
    there = LocalHost("box", root=str(tmp_path / "there"))
    yield there
    there.close()
    end_keeper(tmp_path / "there")


@pytest.fixture
def link(host, tmp_path):
    """The host's link over an empty state; its thread is not started."""
    found = Link(host, Copies(tmp_path / "here", "box"), "me")
    yield found
    found.close()


def wish(project: Path, *argv: str, **more):
    return {"id": runs.new_run_id(), "argv": list(argv), "project": str(project), "host": "box", **more}


def catch_up(link: Link, id: str, seconds: float = 30.0) -> runs.Record:
    """Follows until the copy of a run is whole."""

    def whole() -> bool:
        link.look(0.5)
        return link.copies.whole(id)

    until(whole, seconds)
    return runs.read_record(link.copies.directory(id).root)


# -- what is copied over -----------------------------------------------------------------------------------------------


def test_the_runner_needs_our_own_few_files_alone():
    """Its files are found by their imports, import nothing that is not copied, and none of them is heavy."""
    files = runner_files()
    assert {"assistant/runner.py", "fskws/supervisor.py", "vault_sync/nvml.py", "serve.py", "keep.py"} <= set(files)
    allowed = set(sys.stdlib_module_names) | {"assistant", "vault_sync", "fskws", "pynvml"}
    for name, text in files.items():
        for node in ast.walk(ast.parse(text)):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
            assert {module.split(".")[0] for module in modules} <= allowed, name
    assert sum(map(len, files.values())) < 500_000


@pytest.mark.parametrize("name", sorted(runner_files()))
def test_every_file_is_python_3_8(name):
    """A server's own Python may be old: its syntax, and what 3.9 and 3.10 added to dict, isinstance, str and os."""
    tree = ast.parse(runner_files()[name], feature_version=(3, 8))
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            sides = (node.left, node.right)
            assert not any(isinstance(side, ast.Dict | ast.DictComp) for side in sides), f"{name}:{node.lineno}"
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "isinstance":
            assert not isinstance(node.args[1], ast.BinOp), f"{name}:{node.lineno}"
        if isinstance(node, ast.Attribute):
            new = {
                "removeprefix",
                "removesuffix",
                "waitstatus_to_exitcode",
                "with_stem",
                "is_relative_to",
                "hardlink_to",
            }
            assert node.attr not in new, f"{name}:{node.lineno}"


def pythons() -> list[str]:
    """Interpreters of other versions that happen to be here."""
    found = [shutil.which(f"python3.{minor}") for minor in range(8, 15)]
    for root in (Path.home() / ".pyenv/versions", Path.home() / ".local/share/uv/python"):
        found += [str(path) for path in root.glob("*3.*/bin/python3")] if root.is_dir() else []
    versions = {}
    for python in filter(None, found):
        done = subprocess.run([python, "-c", "import sys; print(sys.version_info[1])"], capture_output=True, text=True)
        if done.returncode == 0 and int(done.stdout) >= 8:
            versions[int(done.stdout)] = python
    return [versions[minor] for minor in sorted(versions)] or [sys.executable]


@pytest.mark.parametrize("python", [pythons()[0], pythons()[-1]], ids=["oldest", "newest"])
def test_a_run_with_the_servers_own_python(python, tmp_path):
    """The oldest and the newest interpreter of this machine start, follow, judge and queue runs alike."""
    host = LocalHost("box", root=str(tmp_path / "there"), python=python)
    link = Link(host, Copies(tmp_path / "here", "box"), "me")
    try:
        first = wish(tmp_path, "sh", "-c", "echo loss=0.25; exit 3", gpus=0)
        link.start_run(first)
        record = catch_up(link, first["id"])
        assert (record.status, record.exit_code, record.host) == ("failed", 3, "box")
        assert record.metrics["loss"]["last"] == 0.25
        killed = wish(tmp_path, "sh", "-c", "kill -9 $$")
        link.start_run(killed)
        assert catch_up(link, killed["id"]).cause == "killed by signal 9 (SIGKILL)"
        assert host.request("queue") == []
        assert [part["part"] for part in host.request("check", {"project": str(tmp_path)})][:3] == [
            "runner", "disk", "project"
        ]  # fmt: skip
    finally:
        link.close()
        end_keeper(tmp_path / "there")


def test_the_runner_is_copied_once(host, tmp_path):
    """A second connection finds its version there; a torn copy of before is no copy."""
    place = tmp_path / "there" / "runner" / runner_version()
    (tmp_path / "there" / "runner").mkdir(parents=True)
    (tmp_path / "there" / "runner" / f"{runner_version()}.77").mkdir()
    host.connect()
    made = (place / "serve.py").stat().st_mtime_ns
    host.close()
    host.connect()
    assert (place / "serve.py").stat().st_mtime_ns == made
    assert {path.relative_to(place).as_posix() for path in place.rglob("*.py")} == set(runner_files())


def test_an_interpreter_that_will_not_do_is_told(tmp_path):
    """No Python, or one that is too old, is told with what to do."""
    with pytest.raises(HostError, match=r"box has no python3\.77\. Python 3\.8 or newer is needed there; when it lies"):
        LocalHost("box", root=str(tmp_path), python="python3.77").connect()
    old = tmp_path / "python3"
    code = "import collections, sys; sys.version_info = (3, 6); sys.argv = ['-c', *sys.argv[2:]]; exec(sys.argv.pop(1))"
    old.write_text(f'#!/bin/sh\nshift 3\nexec {sys.executable} -c "{code}" -c "$@"\n')
    old.chmod(0o755)
    with pytest.raises(HostError, match=r"box has Python 3\.6 at .*; 3\.8 or newer is needed\. Name another one"):
        LocalHost("box", root=str(tmp_path / "there"), python=str(old)).connect()


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    """The runner's directory cannot be made: the reason, and the option for another place."""
    (tmp_path / "file").write_text("")
    with pytest.raises(
        HostError, match=r"cannot be set up on box in .*: .*Not a directory.* choose another one: dir in"
    ):
        LocalHost("box", root=str(tmp_path / "file" / "x")).connect()
    assert "full" in str(LocalHost("box")._problem({"problem": "files", "detail": "No space left", "errno": 28}))


# -- runs --------------------------------------------------------------------------------------------------------------

HOSTILE = [
    "a b",
    "",
    '"q"',
    "it's",
    "$(touch {tmp}/pwned)",
    "`touch {tmp}/pwned`",
    "; touch {tmp}/pwned",
    "new\nline",
    "\\",
    "é*",
]


def test_words_of_a_command_are_data(link, tmp_path):
    """Whatever stands in them, they arrive as they are, and no shell reads them."""
    words = [word.replace("{tmp}", str(tmp_path)) for word in HOSTILE]
    asked = wish(
        tmp_path, sys.executable, "-c", "import json, sys; print(json.dumps(sys.argv[1:]))", *words, title="$(x) `y`"
    )
    link.start_run(asked)
    record = catch_up(link, asked["id"])
    assert json.loads(launch.read_log(link.copies.directory(record.id).root)[0]) == words
    assert record.argv[3:] == tuple(words)
    assert record.title == "$(x) `y`"
    assert not (tmp_path / "pwned").exists()


def test_the_environment_command_and_its_noise(link, tmp_path):
    """What it sets reaches the run, values with line breaks too; what it prints is no part of anything."""
    command = "echo '{\"id\": 1}'; echo noise >&2; export WORD=$'two\\nlines'; cd /"
    asked = wish(tmp_path, sys.executable, "-c", "import os; print(repr(os.environ['WORD']), os.getcwd())", env=command)
    link.start_run(asked)
    record = catch_up(link, asked["id"])
    assert launch.read_log(link.copies.directory(record.id).root)[0] == f"'two\\nlines' {tmp_path}\n"
    assert record.status == "finished"


@pytest.mark.parametrize("place", ["miniconda3", "named in .bashrc"])
def test_conda_activate_needs_no_interactive_shell(host, tmp_path, monkeypatch, place):
    """conda is a shell function that only an interactive shell has; its hook is found where it is installed."""
    home = tmp_path / "home"
    root = home / "miniconda3" if place == "miniconda3" else tmp_path / "tools" / "conda"
    (root / "etc/profile.d").mkdir(parents=True)
    (root / "bin").mkdir()
    (root / "etc/profile.d/conda.sh").write_text(
        'conda() { [ "$1 $2" = "activate kws" ] && export CONDA_PREFIX=kws; }\n'
    )
    (home / ".bashrc").parent.mkdir(exist_ok=True)
    (home / ".bashrc").write_text(
        "case $- in *i*) ;; *) return;; esac\n# >>> conda initialize >>>\n"
        f"__conda_setup=\"$('{root}/bin/conda' 'shell.bash' 'hook' 2> /dev/null)\"\n"
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("CONDA_EXE", raising=False)
    environment = runner.login_environment("conda activate kws", tmp_path)
    assert environment["CONDA_PREFIX"] == "kws"
    with pytest.raises(LaunchError, match=r"'conda activate other' failed with exit code 1\. Nothing was started"):
        runner.login_environment("conda activate other", tmp_path)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("echo almost; echo no such env >&2; exit 4", r"failed with exit code 4: no such env\. Nothing was started"),
        ("exit 0", r"ended the shell\. Nothing was started\. Neither it nor the login files may call exit"),
        ("no-such-command", r"failed with exit code 127: .*no-such-command: command not found"),
        ("sleep 600", r"did not end within 1 s; it may wait for input\. Nothing was started"),
    ],
)
def test_an_environment_command_that_fails(tmp_path, command, message):
    """Nothing is started, and its last words are told."""
    with pytest.raises(LaunchError, match=message):
        runner.login_environment(command, tmp_path, 1.0 if "sleep" in command else 60.0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"project": "/no/such/place"}, r"box: the project directory /no/such/place does not exist on .*\(git clone\)"),
        ({"env": "exit 7"}, r"box: the environment command 'exit 7' failed with exit code 7"),
        ({"argv": []}, r"box: no command was given"),
        ({"argv": ["python", "x.py", "--device", "cuda"]}, r"box: --device cuda: this machine has no CUDA device"),
        ({"after": ["r20310506-aaaaaa"]}, r"box: --after r20310506-aaaaaa: there is no such run"),
    ],
)
def test_what_cannot_be_started_there(link, tmp_path, change, message):
    """The host's own words come back, and neither a run nor a copy is left."""
    if "cuda" in message and Path("/dev/nvidia0").exists():
        pytest.skip("this machine has a GPU")
    with pytest.raises(LaunchError, match=message):
        link.start_run({**wish(tmp_path, "true"), **change})
    assert not list((tmp_path / "there").glob("runs/r*"))
    assert not (tmp_path / "here").exists()


def test_a_command_that_does_not_exist_fails_at_once(link, tmp_path):
    """Well within ten seconds the copy says failed, with the shell's exit code."""
    began = time.monotonic()
    asked = wish(tmp_path, "no-such-command-here")
    link.start_run(asked)
    record = runs.read_record(link.copies.directory(asked["id"]).root)
    assert (record.status, record.exit_code, record.cause) == ("failed", 127, "command not found: no-such-command-here")
    assert time.monotonic() - began < 10


def test_asked_twice_it_is_started_once(link, tmp_path):
    """A start that is sent again, since its answer was lost, finds the run of before."""
    asked = wish(tmp_path, "sh", "-c", f"echo once >> {tmp_path}/times")
    first, second = link.start_run(asked), link.start_run(asked)
    assert first["id"] == second["id"] == asked["id"]
    catch_up(link, asked["id"])
    assert (tmp_path / "times").read_text() == "once\n"


def test_stop_and_output(link, tmp_path):
    """A run is stopped there with all it started; the copy has every line it printed."""
    asked = wish(tmp_path, "sh", "-c", "sleep 600 & echo $!; wait")
    link.start_run(asked)
    directory = link.copies.directory(asked["id"])
    pid = int(until(lambda: (link.look(0.2), launch.read_log(directory.root)[0].strip())[1]))
    link.request("stop", {"id": asked["id"], "grace_seconds": 5.0})
    assert catch_up(link, asked["id"]).status == "stopped"
    assert runs.start_ticks(pid) is None
    with pytest.raises(LaunchError, match=r"box: there is no run 'r20310506-aaaaaa' on"):
        link.request("stop", {"id": "r20310506-aaaaaa"})


def test_the_queue_goes_on_without_anybody(host, link, tmp_path):
    """What waits for another run starts on the host although the connection is gone, and its record comes later."""
    first = wish(tmp_path, "sh", "-c", f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done")
    link.start_run(first)
    second = wish(tmp_path, "sh", "-c", "echo loss=0.5", after=[first["id"]])
    third = wish(tmp_path, "true", after=[first["id"]])
    assert [link.start_run(second)["status"], link.start_run(third)["status"]] == ["waiting", "waiting"]
    assert [entry["id"] for entry in host.request("queue", {"move": third["id"], "place": 1})] == [
        third["id"],
        second["id"],
    ]
    assert [entry["id"] for entry in host.request("queue", {"drop": third["id"]})] == [second["id"]]
    until(lambda: host.request("queue")[0]["why"] == f"after {first['id']}, which is running")
    host.close()
    (tmp_path / "go").touch()
    there = RunDirectory(tmp_path / "there" / "runs" / second["id"])
    until(there.exit.exists)
    assert catch_up(link, second["id"]).metrics["loss"]["last"] == 0.5
    assert host.request("queue") == []


@pytest.fixture
def driver(tmp_path, monkeypatch):
    """A stand-in of the driver with two GPUs, for whatever is started from here."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler to build the stand-in of the driver")
    stand_in = runpy.run_path(str(Path(__file__).parents[1] / "vault_sync" / "test_gpus.py"))["STAND_IN"]
    (tmp_path / "nvml.c").write_text(stand_in.replace("m->used = 3ULL << 30", "m->used = 1ULL << 20"))
    library = str(tmp_path / "libnvidia-ml.so.1")
    subprocess.run([compiler, "-shared", "-fPIC", "-w", "-o", library, str(tmp_path / "nvml.c")], check=True)
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))


def test_what_else_runs_on_the_hosts_gpus_is_seen(driver, link, tmp_path, monkeypatch):
    """A process that kwslab did not start leaves a record there, which comes home to its end, named as observed."""
    program = "import sys; print('loss=0.5', flush=True); sys.stdin.read()"
    with (tmp_path / "printed.log").open("wb") as printed:
        other = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=printed)
    monkeypatch.setenv("NVML_PID", str(other.pid))
    id = until(lambda: (link.look(0.5), [name for name in link.copies.open() if name.startswith("o")])[1])[0]
    until(lambda: (link.look(0.5), link.copies.directory(id).command.exists())[1])
    record = runs.read_record(link.copies.directory(id).root)
    assert (record.source, record.status, record.host) == ("observed", "running", "box")
    assert record.argv[-1] == program
    other.communicate()
    record = catch_up(link, id)
    assert (record.status, record.metrics["loss"]["last"]) == ("unknown", 0.5)
    assert link.copies.directory(id).output.read_text() == "loss=0.5\n"


def test_two_runs_are_kept_off_one_gpu(driver, link, tmp_path):
    """Leases are the host's: a run that wants a GPU sees one of its own, a third waits and gets what is free then."""
    program = f"echo GPU $CUDA_VISIBLE_DEVICES; while [ ! -e {tmp_path}/$1 ]; do sleep 0.05; done"
    asked = [wish(tmp_path, "sh", "-c", program, "sh", f"go{n}", gpus=1) for n in range(3)]
    assert [link.start_run(one)["status"] for one in asked] == ["waiting"] * 3
    outputs = [RunDirectory(tmp_path / "there" / "runs" / one["id"]) for one in asked]
    until(lambda: [directory.read_output()[0] for directory in outputs[:2]] == [b"GPU 0\n", b"GPU 1\n"])
    until(lambda: [entry["why"] for entry in link.request("queue")] == ["for 1 free GPU"])
    assert link.request("status")["free_gpus"] == []
    (tmp_path / "go1").touch()
    until(lambda: outputs[2].read_output()[0] == b"GPU 1\n")
    for n in (0, 2):
        (tmp_path / f"go{n}").touch()
    for one in asked:
        assert catch_up(link, one["id"]).status == "finished"


def test_the_keeper_ends_when_nothing_is_left(host, link, tmp_path):
    """One process at most looks after the queue, and it does not stay for nothing."""
    asked = wish(tmp_path, "sleep", "0.2", gpus=0, after=[])
    link.start_run(asked)
    root = tmp_path / "there"
    known = until(lambda: (root / "keeper.json").exists() and json.loads((root / "keeper.json").read_bytes()))
    assert runner.keeper_at_work(root) or not runs.is_alive(known)
    catch_up(link, asked["id"])
    until(lambda: not runs.is_alive(known))


# -- copies ------------------------------------------------------------------------------------------------------------


def files_of(root: Path) -> dict[str, bytes]:
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def test_a_copy_is_the_run(link, tmp_path):
    """Every file of the run is there byte for byte, the saved code too; only the host file is its own."""
    subprocess.run(["git", "init", "-q", tmp_path / "project"], check=True)
    (tmp_path / "project" / "train.py").write_text("print('x')\n")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(tmp_path / "project")]
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "one"], check=True)
    (tmp_path / "project" / "train.py").write_text("print('y')\n")
    (tmp_path / "project" / "new é.py").write_text("a = 1\n")
    program = (
        "import os; open(os.environ['KWSLAB_RUN_DIR'] + '/metrics.jsonl', 'w').write('{\"t\": 1, \"loss\": 2}\\n' * 9)"
    )
    asked = wish(tmp_path / "project", sys.executable, "-c", f"print('words ' * 40000); {program}")
    link.start_run(asked)
    catch_up(link, asked["id"])
    copy, there = files_of(link.copies.directory(asked["id"]).root), files_of(tmp_path / "there" / "runs" / asked["id"])
    assert set(copy) - set(there) == {"host.json"}
    assert {name: copy[name] for name in there} == there
    assert b"print('y')" in copy["code/changes.patch"]
    assert copy["code/untracked/new é.py"] == b"a = 1\n"


def test_output_beyond_its_limit_is_left_out_in_the_copy_too(link, tmp_path):
    """Segments that the host gave up are given up here; offsets stay valid and the gap is told."""
    program = "import sys\nfor i in range(6000): sys.stdout.write('%07d ' % i + 'x' * 8000 + chr(10))"
    asked = wish(tmp_path, sys.executable, "-c", program)
    link.start_run(asked)
    catch_up(link, asked["id"], 90)
    copy, there = link.copies.directory(asked["id"]), RunDirectory(tmp_path / "there" / "runs" / asked["id"])
    sizes = [[(start, path.stat().st_size) for start, path in d.output_segments()] for d in (copy, there)]
    assert sizes[0] == sizes[1]
    assert launch.read_log(copy.root, -100)[0].endswith("x\n")


def test_a_copy_that_was_cut_short_goes_on(link, tmp_path):
    """Pieces lost from its end are asked for again; the exit file is never there before the last of them."""
    asked = wish(tmp_path, "sh", "-c", f"seq 1 20000; while [ ! -e {tmp_path}/go ]; do sleep 0.05; done; seq 1 9")
    link.start_run(asked)
    directory = link.copies.directory(asked["id"])
    until(lambda: (link.look(0.1), launch.read_log(directory.root, -6)[0])[1] == "20000\n")
    os.truncate(directory.output, 100)
    (tmp_path / "go").touch()
    catch_up(link, asked["id"])
    expected = "".join(f"{n}\n" for n in [*range(1, 20001), *range(1, 10)])
    assert directory.output.read_text() == expected


def test_a_piece_that_does_not_fit_keeps_the_exit_back(tmp_path):
    """News for a longer file than the copy has are not put in, and the run is not over here yet."""
    copies = Copies(tmp_path, "box")
    text = lambda words: base64.b64encode(words.encode()).decode()  # noqa: E731
    begun = {"whole": {"command": text('{"argv": ["x"]}')}, "pieces": [["output.log", 0, text("abc")]]}
    assert copies.apply("r20310506-aaaaaa", begun) is False
    end = {"exit": text('{"status": "finished", "code": 0}')}
    assert copies.apply("r20310506-aaaaaa", {**end, "pieces": [["output.log", 5, text("fg")]]}) is False
    assert copies.open() == ["r20310506-aaaaaa"]
    assert copies.cursor("r20310506-aaaaaa")["files"] == {"output.log": 3}
    assert copies.apply("r20310506-aaaaaa", {**end, "pieces": [["output.log", 3, text("defg")]]}) is True
    assert runs.read_record(tmp_path / "r20310506-aaaaaa").status == "finished"
    assert copies.open() == []


def test_a_copy_whose_beginning_was_cut_short_leaves_nothing(tmp_path):
    """What lay aside when the machine went down is taken away, is never taken for a run, and a young one is left."""
    old, young = tmp_path / ".copy-r20310506-aaaaaa-12345678", tmp_path / ".copy-r20310506-bbbbbb-12345678"
    for aside in (old, young):
        aside.mkdir()
        (aside / "host.json").write_text("{}")
    os.utime(old, (time.time() - 3600,) * 2)
    assert runs.run_names(tmp_path) == set()
    assert Copies(tmp_path, "box").open() == []
    assert [path.name for path in tmp_path.iterdir()] == [young.name]


def test_names_outside_a_run_directory_are_not_written(tmp_path):
    """A host that names other files than a run has writes nothing."""
    copies = Copies(tmp_path / "runs", "box")
    piece = base64.b64encode(b"bad").decode()
    names = ["../../bad", "/tmp/bad", "code/../../bad", "host.json", "code", "exit.json", "code//bad", "x.py"]
    copies.apply("r20310506-aaaaaa", {"pieces": [[name, 0, piece] for name in names], "whole": {"exit": piece}})
    assert list(files_of(tmp_path)) == ["runs/r20310506-aaaaaa/host.json"]


def test_a_copy_is_no_run_of_this_machine(tmp_path):
    """Nobody here looks for its processes, gives its GPUs away, or writes its end; a run of that id is left alone."""
    copies = Copies(tmp_path, "box")
    copies.apply("r20310506-aaaaaa", {"state": {"status": "running", "code": None, "cause": ""}})
    directory = copies.directory("r20310506-aaaaaa")
    assert runs.open_runs(tmp_path) == []
    assert not runs.settle(directory)
    assert launch.tend_runs(tmp_path) == []
    mine = runs.create_run(tmp_path, ["true"], tmp_path, env={})
    assert copies.apply(mine.id, {"state": {"status": "finished", "code": 0, "cause": ""}}) is True
    assert not mine.host.exists()


def test_only_ones_own_runs_are_copied(host, link, tmp_path):
    """Another state's runs on the same server stay there, and are seen in the status alone."""
    asked = wish(tmp_path, "sleep", "600")
    other = Link(host, Copies(tmp_path / "other", "box"), "somebody else")
    other.start_run(asked)
    link.look(0.5)
    assert link.copies.open() == []
    assert [run["id"] for run in link.status()["facts"]["runs"]] == [asked["id"]]
    other.request("stop", {"id": asked["id"]})


def test_a_run_whose_directory_is_gone(link, tmp_path):
    """A run deleted on the host is unknown here, not running for ever."""
    asked = wish(tmp_path, "true")
    link.start_run(asked)
    there = tmp_path / "there" / "runs" / asked["id"]
    until((there / "exit.json").exists)
    shutil.rmtree(there)
    directory = link.copies.directory(asked["id"])
    if not directory.exit.exists():
        until(lambda: (link.look(0.1), runs.read_state(directory).status)[1] == "unknown")
        assert runs.read_state(directory).cause == "its directory on box is gone"


def test_the_host_was_restarted(link, tmp_path):
    """Another boot id on the host: the run failed with "host went down", and the copy says so."""
    asked = wish(tmp_path, "sleep", "600")
    link.start_run(asked)
    end_keeper(tmp_path / "there")
    there = RunDirectory(tmp_path / "there" / "runs" / asked["id"])
    known = until(lambda: runs.read_processes(there))
    for process in ("supervisor", "child"):
        os.kill(known[process]["pid"], signal.SIGKILL)
    runs.write_aside(there.record, json.dumps({**known, "boot_id": "another"}).encode())
    record = catch_up(link, asked["id"])
    assert (record.status, record.cause) == ("failed", "host went down")


# -- contact -----------------------------------------------------------------------------------------------------------


def test_lost_contact_is_shown_and_comes_back(host, link, tmp_path):
    """A run is lost, never over, while the host does not answer; what happened meanwhile comes when it does."""
    link.start()
    asked = wish(tmp_path, "sh", "-c", f"while [ ! -e {tmp_path}/go ]; do sleep 0.05; done; echo loss=0.125")
    link.start_run(asked)
    directory = link.copies.directory(asked["id"])
    until(lambda: link.state == "connected")
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    broken.chmod(0o755)
    good, host.python = host.python, str(broken)
    host._channel.process.kill()
    until(lambda: link.state == "lost")
    state = runs.read_state(directory)
    since = link.facts()["since"][:16].replace("T", " ")
    assert (state.status, state.cause) == ("lost", f"lost contact with box since {since}")
    assert launch.read_log(directory.root)[2] is False
    assert runs.read_record(directory.root).ended_at is None
    (tmp_path / "go").touch()
    there = RunDirectory(tmp_path / "there" / "runs" / asked["id"])
    until(there.exit.exists)
    assert runs.read_state(directory).status == "lost"
    host.python = good
    link.wake()
    until(lambda: link.copies.whole(asked["id"]))
    record = runs.read_record(directory.root)
    assert (record.status, record.metrics["loss"]["last"]) == ("finished", 0.125)


def test_a_host_that_was_not_heard_of_for_long_is_lost(tmp_path):
    """Nobody follows it, as after a kill of the daemon: the last contact tells, without anybody writing it down."""
    copies = Copies(tmp_path, "box")
    copies.apply("r20310506-aaaaaa", {"state": {"status": "running", "code": None, "cause": ""}})
    directory = copies.directory("r20310506-aaaaaa")
    assert runs.read_state(directory).status == "running"
    os.utime(directory.host, (time.time() - 7200,) * 2)
    state = runs.read_state(directory)
    assert state.status == "lost"
    assert state.cause.startswith("lost contact with box since 2")
    assert copies.last_heard() == pytest.approx(time.time() - 7200, abs=60)
    copies.heard()
    assert runs.read_state(directory).status == "running"


def test_a_host_that_hangs_is_given_up(host):
    """No answer in time is lost contact; the next request makes a new connection."""
    host.connect()
    pid = host.hello["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(HostError, match=r"box did not answer within 1 s; contact is lost\. It is asked again"):
            host.request("hello", seconds=1.0)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert host.request("hello")["pid"] != pid


def test_a_machine_that_slept_asks_anew(host, monkeypatch):
    """After hours of sleep the old connection is not waited for."""
    host.connect()
    os.kill(host.hello["pid"], signal.SIGSTOP)
    wall = time.time
    asleep = threading.Timer(0.3, lambda: monkeypatch.setattr(hosts.time, "time", lambda: wall() + 9000))
    asleep.start()
    try:
        with pytest.raises(HostError, match="this machine was asleep; the connection to box is made again"):
            host.request("hello", seconds=600.0)
    finally:
        asleep.join()
        monkeypatch.undo()
        with contextlib.suppress(ProcessLookupError):
            os.kill(host.hello["pid"], signal.SIGKILL)


def test_a_clock_that_is_off_is_measured_and_told(tmp_path):
    """The host's clock is an hour ahead: said so, and the record's times are by this machine's clock."""
    ahead = tmp_path / "ahead.py"
    ahead.write_text(
        "import runpy, sys, time\nreal = time.time\ntime.time = lambda: real() + 3600\n"
        "del sys.argv[:3]\nrunpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    python = tmp_path / "python3"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} {ahead} "$@"\n')
    python.chmod(0o755)
    host = LocalHost("box", root=str(tmp_path / "there"))
    host.connect()
    host.close()
    host.python = str(python)
    host.connect()
    assert host.skew == pytest.approx(3600, abs=5)
    host.close()
    from assistant.machines import clock_part

    assert (
        clock_part(3600.0)["message"]
        == "its clock is 1 h 00 min ahead of this machine's; times here are told by this machine's"
    )
    assert clock_part(0.0) is None
    copies = Copies(tmp_path / "here", "box")
    command = {"argv": ["x"], "created_at": "2031-05-06T12:30:00+09:00"}
    end = {"status": "finished", "code": 0, "ended_at": "2031-05-06T13:30:00+09:00"}
    text = lambda values: base64.b64encode(json.dumps(values).encode()).decode()  # noqa: E731
    copies.apply("r20310506-aaaaaa", {"whole": {"command": text(command)}, "exit": text(end)}, 3600.0)
    record = runs.read_record(tmp_path / "here" / "r20310506-aaaaaa")
    moments = [runs._moment(record.started_at), runs._moment(record.ended_at)]
    assert moments == [runs._moment("2031-05-06T02:30:00+00:00"), runs._moment("2031-05-06T03:30:00+00:00")]


def test_noise_of_a_login_is_no_answer(tmp_path):
    """What a login prints before and beside the answers, on the same line too, is passed over."""

    class Noisy(LocalHost):
        def shell(self):
            return ("/bin/sh", "-c", "echo welcome; printf 'no line break'; exec /bin/sh -s")

    host = Noisy("box", root=str(tmp_path / "there"))
    assert host.connect()["hostname"]
    host.close()


# -- ssh's words and options -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "kind", "message"),
    [
        ("me@box: Permission denied (publickey).", "permission denied", "ssh-copy-id me@box"),
        (
            "@@@\nWARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!\nHost key verification failed.",
            "host key changed",
            "ask its",
        ),
        ("No ED25519 host key is known for box\nHost key verification failed.", "host key unknown", "ssh me@box"),
        ("ssh: Could not resolve hostname box: Name or service not known", "unknown host", "Check the spelling"),
        ("ssh: connect to host box port 22: Connection refused", "refused", "port 22: Connection refused"),
        ("ssh: connect to host box port 22: Operation timed out", "unreachable", "network or VPN"),
        ("ssh: connect to host box port 22: No route to host", "unreachable", "tried again by itself"),
        ("kex_exchange_identification: Connection closed by remote host", "lost", "closed the connection"),
        ("/home/me/.ssh/config: line 3: Bad configuration option: foo", "ssh config", "line 3"),
        ("This account is currently not available.", "no shell", "has no shell"),
        ("", "no connection", "Try by hand: ssh me@box echo hello"),
    ],
)
def test_what_ssh_says_is_put_in_plain_words(said, kind, message):
    """Each way for a connection to fail is told apart, with what to do."""
    words, found = explain_ssh(said, "gpu", "me@box")
    assert found == kind
    assert message in words


def test_the_call_of_ssh(tmp_path):
    """The destination cannot be read as an option, and what a config has for work by hand is left out."""
    settings = HostSettings(ssh="me@box", port=2200, ssh_config="~/other")
    words = list(SshHost("gpu", settings, tmp_path / "run").shell())
    assert words[:5] == ["ssh", "-F", str(Path("~/other").expanduser()), "-p", "2200"]
    assert words[-3:] == ["--", "me@box", "exec /bin/sh -s"]
    for option in ("BatchMode=yes", "ControlMaster=auto", "ClearAllForwardings=yes", "RemoteCommand=none"):
        assert option in words
    assert oct((tmp_path / "run").stat().st_mode & 0o777) == "0o700"


def test_the_control_socket_fits_everywhere(tmp_path):
    """macOS takes 104 bytes, of which ssh needs 17 for itself; hosts have sockets of their own."""
    long = tmp_path / ("x" * 120)
    for directory in (tmp_path, long):
        assert len(os.fsencode(control_path(directory, "gpu"))) + 17 < 104
    assert control_path(long, "gpu") != control_path(long, "other") != control_path(tmp_path, "other")


def test_a_server_that_ends_what_is_left_running(tmp_path):
    """systemd's KillUserProcesses is seen, the last line wins, and lingering makes it harmless."""
    one, two = tmp_path / "a.conf", tmp_path / "b.conf"
    one.write_text("[Login]\n#KillUserProcesses=yes\n")
    assert not runner.kills_at_logout([one, two], tmp_path)
    two.write_text("[Login]\nKillUserProcesses = yes\n")
    assert runner.kills_at_logout([one, two], tmp_path)
    (tmp_path / runner.user_name()).touch()
    assert not runner.kills_at_logout([one, two], tmp_path)
