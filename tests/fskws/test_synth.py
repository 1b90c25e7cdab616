"""The spoken keyword set, made by the real espeak-ng."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from fskws import dataset, synth
from fskws.errors import ConfigError, DataError

SMALL = synth.SynthConfig(words=("four", "forward", "tree"), clips_per_word=6)


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """Three words, six clips each."""
    return synth.make_keyword_set(SMALL, tmp_path_factory.mktemp("spoken") / "set")


def test_built_in_words_hold_the_confusable_pairs():
    """At least twenty words, four/forward and three/tree among the first twenty."""
    assert len(set(synth.WORDS)) == len(synth.WORDS) >= 20
    assert {"four", "forward", "three", "tree"} <= set(synth.SynthConfig().words)


def test_clips_are_audible_words_of_one_second(spoken):
    """Each clip is 16,000 samples with a clear word in it, and no two are alike."""
    assert spoken.clips.shape == (18, 16_000)
    assert spoken.words == ("four", "forward", "tree")
    loudness = np.abs(spoken.clips.astype(np.float64)).max(1)
    assert loudness.min() > 3000
    assert len({clip.tobytes() for clip in spoken.clips}) == 18
    assert len(set(spoken.speakers.tolist())) == 6


def test_same_settings_are_reused_and_other_ones_refused(spoken, tmp_path):
    """A second call opens what is there; a set with other settings is never overwritten unasked."""
    folder = tmp_path / "set"
    first = synth.make_keyword_set(SMALL, folder)
    before = (folder / "clips.npy").stat().st_mtime_ns
    assert synth.make_keyword_set(SMALL, folder).fingerprint == first.fingerprint == spoken.fingerprint
    assert (folder / "clips.npy").stat().st_mtime_ns == before
    other = synth.SynthConfig(words=("four", "tree"), clips_per_word=4)
    with pytest.raises(DataError, match="holds another keyword set; give another --out, or --replace"):
        synth.make_keyword_set(other, folder)
    assert synth.make_keyword_set(other, folder, replace=True).words == ("four", "tree")
    assert [entry.name for entry in tmp_path.iterdir()] == ["set"]


def test_a_folder_with_other_things_is_left_alone(tmp_path):
    """Files that are no keyword set are not touched."""
    (tmp_path / "thesis.txt").write_text("chapter 1")
    with pytest.raises(DataError, match="is not empty and no keyword set"):
        synth.make_keyword_set(SMALL, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "chapter 1"


def test_wav_tree_is_read_back_as_the_same_clips(spoken, tmp_path):
    """word/speaker_nohash_n.wav files give the same words, speakers and samples."""
    assert synth.write_wav_tree(spoken, tmp_path / "tree") == 18
    assert soundfile.info(next((tmp_path / "tree" / "four").iterdir())).samplerate == 16_000
    again = dataset.open_keyword_set(tmp_path / "tree", cache=tmp_path / "cache")
    place = {file: row for row, file in enumerate(again.files.tolist())}
    rows = [place[file] for file in spoken.files.tolist()]
    assert np.abs(again.clips[rows].astype(int) - spoken.clips.astype(int)).max() <= 1
    assert again.speakers[rows].tolist() == spoken.speakers.tolist()


@pytest.mark.parametrize(
    ("words", "text"),
    [("1", "words=1; allowed: 2 to 35"), ("tree", "two or more different words"), ("a,../b", "no word")],
)
def test_wrong_words_are_refused(words, text):
    """Too few words, too many built-in ones, and names that could leave the folder."""
    with pytest.raises(ConfigError) as caught:
        synth.SynthConfig(words=synth.words_of_option(words))
    assert text in str(caught.value)
