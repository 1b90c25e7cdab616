"""Keyword sets on disk and their parts."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile

from fskws import dataset
from fskws.errors import DataError


def write_tree(folder, n_speakers=4):
    """A tree of two words; returns the folder."""
    draws = np.random.default_rng(0)
    for word in ("left", "right"):
        (folder / word).mkdir(parents=True)
        for speaker in range(n_speakers):
            soundfile.write(folder / word / f"p{speaker}_nohash_0.flac", 0.1 * draws.standard_normal(12_000), 16_000)
    return folder


def test_a_set_is_read_back_as_written(tones):
    """Words, labels, speakers and files keep their order; the clips are memory-mapped."""
    assert tones.clips.shape == (120, 16_000)
    assert isinstance(tones.clips.base, np.memmap) or isinstance(tones.clips, np.memmap)
    assert tones.words[tones.labels[0]] == "tone0"
    assert tones.files[3] == "tone0/s01_nohash_1.wav"
    assert tones.count("tone5") == 20


def test_a_tree_is_decoded_once_and_again_after_a_change(tmp_path):
    """The cache is used as long as the files stay as they are."""
    tree, cache = write_tree(tmp_path / "tree"), tmp_path / "cache"
    calls = []
    first = dataset.open_keyword_set(tree, cache, lambda done, total: calls.append((done, total)))
    assert calls[-1] == (8, 8)
    dataset.open_keyword_set(tree, cache, lambda *_: calls.append("again"))
    assert "again" not in calls
    (tree / "left" / "p0_nohash_0.flac").unlink()
    assert len(dataset.open_keyword_set(tree, cache)) == len(first) - 1


def test_corrupt_files_are_named_skipped_and_counted(tmp_path):
    """One broken file costs that clip, and is kept by name."""
    tree = write_tree(tmp_path / "tree")
    (tree / "left" / "p9_nohash_0.wav").write_bytes(b"noise")
    keywords = dataset.open_keyword_set(tree, tmp_path / "cache")
    assert len(keywords) == 8
    assert [file for file, _ in keywords.skipped] == ["left/p9_nohash_0.wav"]
    assert "cannot be decoded" in keywords.skipped[0][1]


def test_background_noise_and_hidden_folders_are_no_words(tmp_path):
    """Only keyword folders count."""
    tree = write_tree(tmp_path / "tree")
    for name in ("_background_noise_", ".git"):
        (tree / name).mkdir()
        soundfile.write(tree / name / "x.wav", np.zeros(100), 16_000)
    assert dataset.open_keyword_set(tree, tmp_path / "cache").words == ("left", "right")


def test_missing_empty_and_torn_sets_say_what_to_do(tmp_path, write_tones):
    """Each gets a message with the way out."""
    with pytest.raises(DataError, match="no such folder; give a keyword set, or make one"):
        dataset.open_keyword_set(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=r"holds no word/clip.wav"):
        dataset.open_keyword_set(tmp_path / "empty")
    write_tones(tmp_path / "torn", 2, 3, 1)
    index = tmp_path / "torn" / "index.json"
    index.write_text(index.read_text()[:50])
    with pytest.raises(DataError, match=r"is no readable keyword set .* delete the folder and make it again"):
        dataset.open_keyword_set(tmp_path / "torn")


def test_nothing_is_left_when_no_file_is_readable(tmp_path):
    """A tree of broken files leaves no half cache behind."""
    (tmp_path / "tree" / "word").mkdir(parents=True)
    (tmp_path / "tree" / "word" / "a_nohash_0.wav").write_bytes(b"x")
    with pytest.raises(DataError, match="none of 1 files could be read"):
        dataset.open_keyword_set(tmp_path / "tree", tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_parts_share_no_speaker(tones):
    """Train, validation and test are made of different speakers and hold every clip once."""
    splits = dataset.split_by_speaker(tones)
    parts = [splits.train, splits.validation, splits.test]
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(tones)))
    speakers = [set(tones.speakers[part].tolist()) for part in parts]
    assert not (speakers[0] & speakers[1] or speakers[0] & speakers[2] or speakers[1] & speakers[2])
    assert [len(names) for names in speakers] == [8, 1, 1]


def test_official_lists_decide_when_they_are_there(tmp_path):
    """validation_list.txt and testing_list.txt are followed to the file; a speaker in two parts is reported."""
    tree = write_tree(tmp_path / "tree")
    (tree / "validation_list.txt").write_text("left/p0_nohash_0.flac\nright/p0_nohash_0.flac\n")
    (tree / "testing_list.txt").write_text("left/p1_nohash_0.flac\n")
    keywords = dataset.open_keyword_set(tree, tmp_path / "cache")
    splits = dataset.split_by_speaker(keywords)
    assert splits.how == "official lists"
    assert keywords.files[splits.test].tolist() == ["left/p1_nohash_0.flac"]
    assert keywords.files[splits.validation].tolist() == ["left/p0_nohash_0.flac", "right/p0_nohash_0.flac"]
    assert splits.shared_speakers == ("p1",)


def test_a_speaker_file_decides_and_is_checked(tones, tmp_path):
    """Given lists are used; a doubled or forgotten speaker is an error that names it."""
    names = sorted(set(tones.speakers.tolist()))
    path = tmp_path / "speakers.json"
    path.write_text(json.dumps({"train": names[:6], "val": names[6:8], "test": names[8:]}))
    splits = dataset.split_by_speaker(tones, path)
    assert set(tones.speakers[splits.test].tolist()) == set(names[8:])
    path.write_text(json.dumps({"train": names[:7], "val": names[6:8], "test": names[8:]}))
    with pytest.raises(DataError, match="s06 stands in two lists"):
        dataset.split_by_speaker(tones, path)
    path.write_text(json.dumps({"train": names[:6], "val": names[6:8], "test": names[9:]}))
    with pytest.raises(DataError, match="1 speakers of the set are in no list, s08"):
        dataset.split_by_speaker(tones, path)
    path.write_text("[]")
    with pytest.raises(DataError, match="is no speaker file"):
        dataset.split_by_speaker(tones, path)


def test_too_few_speakers_are_refused(tmp_path, write_tones):
    """Two speakers cannot be parted into three."""
    with pytest.raises(DataError, match=r"2 speaker\(s\) cannot be parted"):
        dataset.split_by_speaker(write_tones(tmp_path / "two", 2, 2, 1))


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    """A file where a folder should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        dataset.KeywordSetWriter(tmp_path / "file" / "set", 1)
