"""What differs between the code of two runs, from real repositories and what the launcher keeps."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from assistant import capture
from fskws.runs import RunDirectory, create_run
from vault_sync.changes import changed_in_words, changes_between, changes_since
from vault_sync.code import TouchedSymbol

MODEL = '''"""The model."""

RATE = 0.1


class Encoder:
    """Turns frames into embeddings."""

    def forward(self, x):
        # one remark
        return x * 2

    def reset(self):
        return None


def loss(a, b):
    return a - b
'''


class Project:
    """A repository under tmp_path and the runs that are started in it."""

    def __init__(self, root: Path) -> None:
        self.root = root / "project"
        self.root.mkdir()
        self.runs = root / "runs"
        self.git("init", "-q", "-b", "main")
        self.write("model/net.py", MODEL)
        self.write("train.py", "import model\nmodel.go()\n")
        self.commit("first")

    def git(self, *words: str) -> str:
        author = {f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        done = subprocess.run(
            ["git", *words], cwd=self.root, env={**os.environ, **author}, check=True, capture_output=True, text=True
        )
        return done.stdout

    def write(self, name: str, text: str | bytes) -> None:
        place = self.root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text if isinstance(text, bytes) else text.encode())

    def commit(self, message: str) -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)

    def run(self) -> Path:
        directory = create_run(self.runs, ["python", "train.py"], self.root, env={})
        capture.capture_code(directory, self.root, dict(os.environ))
        return directory.root


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_equal_code_is_known_to_be_equal(project):
    """Two runs without an edit in between, clean or with the same patch and the same untracked file."""
    assert changes_between(project.run(), project.run()).equal
    project.write("model/net.py", MODEL.replace("0.1", "0.2"))
    project.write("new.py", "x = 1\n")
    assert changes_between(project.run(), project.run()).equal


def test_an_edit_without_a_commit_names_file_and_function(project):
    """The researcher edits and keeps the flags: the functions touched are told, those around them are not."""
    before = project.run()
    project.write("model/net.py", MODEL.replace("x * 2", "x * 3").replace("RATE = 0.1", "RATE = 0.3"))
    changes = changes_between(before, project.run())
    (file,) = changes.files
    assert (file.path, file.how, file.added, file.removed) == ("model/net.py", "changed", 2, 2)
    assert file.symbols == (TouchedSymbol("RATE", "changed"), TouchedSymbol("Encoder.forward", "changed"))
    assert "@@ -1,6 +1,6 @@" in file.diff and "@@ -8,7 +8,7 @@" in file.diff
    assert changed_in_words(changes) == "`model/net.py` (`RATE`, `Encoder.forward`)"
    assert changes.known and not changes.problems and not changes.equal


def test_the_same_content_by_patch_and_by_commit_is_equal(project):
    """What was a patch in the first run and a commit in the second is the same code."""
    project.write("model/net.py", MODEL.replace("x * 2", "x * 3"))
    before = project.run()
    project.commit("that edit")
    changes = changes_between(before, project.run())
    assert changes.equal and changes.before != changes.after


def test_commits_patches_and_untracked_files_together(project):
    """A later commit, a patch on top of it, a new file, a removed one and a renamed one are all told."""
    project.write("old.py", "def gone():\n    return 1\n")
    project.write("moved.py", "def stays():\n    return 1\n" * 20)
    project.commit("more")
    before = project.run()
    project.write("model/net.py", MODEL + "\n\ndef extra():\n    return 0\n")
    project.git("rm", "-q", "old.py")
    project.commit("later")
    project.git("mv", "moved.py", "renamed.py")
    project.write("loose.py", "def loose():\n    return 1\n")
    changes = changes_between(before, project.run())
    assert [(f.path, f.how) for f in changes.files] == [
        ("loose.py", "added"),
        ("model/net.py", "changed"),
        ("moved.py", "removed"),
        ("old.py", "removed"),
        ("renamed.py", "added"),
    ]
    assert changes.files[1].symbols == (TouchedSymbol("extra", "added"),)
    assert changed_in_words(changes, 2) == "`model/net.py` (`extra` new), `moved.py` (removed) and 3 more files"
    assert changes.problems == ()


def test_remarks_and_layout_are_told_from_a_change(project):
    """A remark, a docstring or a blank line changes no function."""
    before = project.run()
    project.write("model/net.py", MODEL.replace("# one remark", "# another remark").replace("frames into", "frames to"))
    changes = changes_between(before, project.run())
    assert [(f.path, f.how, f.symbols) for f in changes.files] == [("model/net.py", "layout", ())]
    assert changed_in_words(changes) == "`model/net.py` (remarks only)"


def test_names_with_blanks_and_other_scripts(project):
    """Quoted names in a patch are read back as what they are."""
    for name in ("häufig benutzt.py", 'say "x".py', "tab\there.py", "plain b/x.py"):
        project.write(name, "def f():\n    return 1\n")
    project.commit("names")
    before = project.run()
    for name in ("häufig benutzt.py", 'say "x".py', "tab\there.py", "plain b/x.py"):
        project.write(name, "def f():\n    return 2\n")
    changes = changes_between(before, project.run())
    assert {f.path: f.symbols for f in changes.files} == {
        name: (TouchedSymbol("f", "changed"),)
        for name in ("häufig benutzt.py", 'say "x".py', "tab\there.py", "plain b/x.py")
    }


def test_binary_files_and_windows_line_ends(project):
    """A binary file is named as changed; a file with other line ends is a change of layout."""
    project.write("table.bin", b"\0\1\2")
    project.commit("binary")
    before = project.run()
    project.write("table.bin", b"\0\1\3")
    project.write("model/net.py", MODEL.replace("\n", "\r\n"))
    changes = changes_between(before, project.run())
    assert [(f.path, f.how) for f in changes.files] == [("model/net.py", "layout"), ("table.bin", "changed")]


def test_a_lost_commit_is_said(project):
    """Where a commit is gone, nothing is guessed about what changed since."""
    before = project.run()
    project.write("train.py", "import model\nmodel.go(2)\n")
    project.git("add", "-A")
    project.git("commit", "-q", "--amend", "-m", "another first")
    after = project.run()
    project.git("reflog", "expire", "--expire=now", "--all")
    project.git("gc", "-q", "--prune=now")
    lost = json.loads((RunDirectory(before).code / "git.json").read_text())["commit"]
    changes = changes_between(before, after)
    assert not changes.known and not changes.equal and changes.files == ()
    assert changes.problems == (f"commit {lost[:7]} is no longer in {project.root}.",)


def test_without_the_repository_the_patches_still_tell(project, tmp_path):
    """Equal commits of a repository that is not here: files and functions are read off the patches."""
    before = project.run()
    project.write("model/net.py", MODEL.replace("return a - b", "return b - a"))
    after = project.run()
    project.root.rename(tmp_path / "elsewhere")
    changes = changes_between(before, after)
    assert [(f.path, f.symbols) for f in changes.files] == [("model/net.py", (TouchedSymbol("loss", "changed"),))]
    assert changes.problems == (
        f"the repository {project.root} is not on this machine. Functions are read off the patches.",
    )
    found = changes_between(before, after, tmp_path / "elsewhere")
    assert found.problems == () and found.files[0].added == 1


def test_a_patch_that_was_cut_says_where_knowledge_ends(project, monkeypatch):
    """Beyond the cut nothing is called equal or changed; equal digests are equal all the same."""
    project.write("a.py", "x = 1\n")
    project.write("zz.py", "x = 1\n" * 2000)
    project.commit("more")
    before = project.run()
    project.write("a.py", "x = 2\n")
    project.write("zz.py", "x = 2\n" * 2000)
    monkeypatch.setattr(capture, "PATCH_BYTES", 400)
    after, again = project.run(), project.run()
    changes = changes_between(before, after)
    assert [f.path for f in changes.files] == ["a.py"]
    assert changes.problems == (
        f"the patch of run {after.name} was too large to keep; files after `a.py` are not compared.",
    )
    assert changes_between(after, again).equal


def test_a_file_that_was_not_kept_is_told(project):
    """An untracked file that may hold a secret, or is too large, is not kept, so nobody knows whether it changed."""
    project.write("my_secret.py", "x = 1\n")
    before = project.run()
    project.write("my_secret.py", "x = 2\n")
    changes = changes_between(before, project.run())
    assert changes.files == () and not changes.equal
    assert changes.problems == ("`my_secret.py` was not kept with the runs, so its content is not compared.",)
    before = project.run()
    project.write("my_secret.py", "x = 2\ny = 1\n")
    assert [(f.path, f.how) for f in changes_between(before, project.run()).files] == [("my_secret.py", "changed")]


def plain_runs(tmp_path: Path, *trees: dict[str, str]) -> list[Path]:
    """Runs of train.py in a folder that is no repository, each with its own files."""
    work = tmp_path / "work"
    runs = []
    for tree in trees:
        for name, text in tree.items():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_text(text)
        directory = create_run(tmp_path / "runs", ["python", "train.py"], work, env={})
        capture.capture_code(directory, work, dict(os.environ))
        runs.append(directory.root)
    return runs


def test_without_git_the_source_files_are_compared(tmp_path):
    """A folder that is no repository: what stands beside the script is kept, environments and data are not."""
    first = {
        "train.py": "import net\n",
        "net.py": MODEL,
        "env/pyvenv.cfg": "",
        "env/lib/x.py": "x = 1\n",
        "data/y.py": "",
    }
    runs = plain_runs(tmp_path, first, {}, {"net.py": MODEL.replace("x * 2", "x * 5"), "conf/a.yaml": "a: 1\n"})
    assert changes_between(runs[0], runs[1]).equal
    changes = changes_between(runs[0], runs[2])
    assert changed_in_words(changes) == "`net.py` (`Encoder.forward`), `conf/a.yaml` (new)"
    assert changes.problems == ()
    kept = RunDirectory(runs[0]).code / "untracked"
    assert sorted(p.relative_to(kept).as_posix() for p in kept.rglob("*.py")) == ["net.py", "train.py"]


def test_without_any_copy_only_the_named_files_are_compared(tmp_path):
    """Of a run that kept no copies the digest of its script is all there is, and that is said."""
    runs = plain_runs(tmp_path, {"train.py": "x = 1\n"}, {}, {"train.py": "x = 2\n"})
    for run in runs:
        facts = RunDirectory(run).code / "git.json"
        values = json.loads(facts.read_text())
        facts.write_text(json.dumps({"scripts": values["scripts"], "problems": values["problems"]}))
    same, other = changes_between(runs[0], runs[1]), changes_between(runs[0], runs[2])
    assert same.files == () and not same.equal
    assert [f.path for f in other.files] == ["train.py"]
    assert other.problems == ("without a commit only train.py could be compared, not what it imports.",)


def test_a_run_without_any_code_is_no_error(project, tmp_path):
    """Nothing saved, or a file that is no JSON: said plainly."""
    empty = create_run(project.runs, ["x"], tmp_path, env={}).root
    other = project.run()
    assert changes_between(empty, other).problems == (f"no code was saved with run {empty.name}.",)
    (RunDirectory(empty).code).mkdir()
    (RunDirectory(empty).code / "git.json").write_text("[1")
    assert not changes_between(empty, other).known


def test_a_patch_that_does_not_fit_is_still_told_by_file(project):
    """A damaged patch makes its file unknown, not the others."""
    project.write("train.py", "import model\nmodel.go(3)\n")
    before = project.run()
    project.write("model/net.py", MODEL.replace("x * 2", "x * 4"))
    after = project.run()
    patch = RunDirectory(after).code / "changes.patch"
    patch.write_bytes(patch.read_bytes().replace(b"model.go()", b"model.went()"))
    changes = changes_between(before, after)
    assert [(f.path, f.how) for f in changes.files] == [("model/net.py", "changed"), ("train.py", "changed")]
    assert changes.files[0].symbols == (TouchedSymbol("Encoder.forward", "changed"),)


def test_a_patch_cannot_lead_out_of_its_folder(project, tmp_path):
    """A run directory from elsewhere may hold any patch: nothing outside is read or written."""
    before, after = project.run(), project.run()
    facts = RunDirectory(after).code / "git.json"
    facts.write_text(json.dumps({**json.loads(facts.read_text()), "dirty": True}))
    evil = "../../../../../../" + str(tmp_path / "evil.py").lstrip("/")
    (RunDirectory(after).code / "changes.patch").write_text(
        f"diff --git a/{evil} b/{evil}\nnew file mode 100644\n--- /dev/null\n+++ b/{evil}\n@@ -0,0 +1 @@\n+x = 1\n"
    )
    changes_between(before, after)
    assert not (tmp_path / "evil.py").exists()


def test_what_changed_since_a_run(project):
    """Against the files as they are now: committed, edited and new ones."""
    before = project.run()
    assert changes_since(before, project.root).equal
    project.write("train.py", "import model\nmodel.go(5)\n")
    project.commit("later")
    project.write("model/net.py", MODEL.replace("x * 2", "x * 5"))
    project.write("notes.py", "x = 1\n")
    changes = changes_since(before, project.root / "model")
    assert changed_in_words(changes) == "`model/net.py` (`Encoder.forward`), `train.py`, `notes.py` (new)"
    assert changes_since(before, project.runs).problems == (f"{project.runs} is in no git repository.",)


def test_nothing_of_the_repository_is_changed(project):
    """Neither its files nor its index, and no program named in its configuration is run."""
    project.write(".gitattributes", "*.py filter=evil diff=evil\n")
    project.commit("attributes")
    before = project.run()
    project.write("model/net.py", MODEL.replace("x * 2", "x * 5"))
    after = project.run()
    marker = project.root.parent / "was-run"
    for key in ("filter.evil.smudge", "filter.evil.clean", "diff.evil.textconv", "diff.evil.command"):
        project.git("config", key, f"touch {marker}; cat")
    state = {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in project.root.rglob("*") if p.is_file()}
    assert changes_between(before, after).files
    assert {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in project.root.rglob("*") if p.is_file()} == state
    assert not marker.exists()
