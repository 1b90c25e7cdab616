"""A blind journal for the question-answering tool: the workbook of a PhD student who writes on few-shot class-incremental
keyword spotting with a paper deadline near. An advisor and a visiting researcher ask as well.

    python benchmarks/journal/workbook.py OUT --seed 8000 --notes 40 --verify

All stories, figures and people are invented. The gold is known when a line is written; `--verify` reads the written files
again with a reader of its own and counts once more."""

from __future__ import annotations

import argparse
import datetime
import json
import random
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from generate import Question

Day = datetime.date
ONE = datetime.timedelta(days=1)
MONTHS = "January February March April May June July August September October November December".split()
WEEKDAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
FRONT = "---\nid: {name}\naliases: []\ntags: []\n---\n\n"


# ---------------------------------------------------------------------------------------------------------- stories
@dataclass
class Beat:
    """One piece of a story. where: topic, scratch, todo or the title of another note; sub: a sub-heading's name."""

    tag: str
    after: int
    where: str
    text: str
    sub: str = ""


@dataclass
class Ask:
    """A question on a story. must, lead: groups of forms with slots; as_of: the beat after which nothing counts."""

    kind: str
    tags: str
    wordings: list[str]
    must: list[list[str]]
    lead: list[list[str]] = field(default_factory=list)
    never: list[str] = field(default_factory=list)
    as_of: str = ""


@dataclass
class Story:
    """A thread through several notes. near: questions close to it that no note answers, each with words that no
    note holds."""

    topic: str
    slots: dict[str, list[str]]
    beats: list[Beat]
    asks: list[Ask]
    near: list[tuple[str, list[str]]]


NO = ["no,", "no.", "no:", "no ", "not ", "n't", "wrong", "retract"]
YES = ["yes", "true", "correct", "indeed"]

STORIES: list[Story] = [
    Story(
        "silence_trimmer",
        {"word": ["up", "off", "two", "go"], "ms": ["35", "45", "55"], "pad": ["90", "120", "150"]},
        [
            Beat("see", 0, "scratch", 'Why is "{word}" so bad in session 2... all the others are fine. Listen to the clips.'),
            Beat(
                "why",
                1,
                "topic",
                '- Listened to 40 clips. The trimmer eats the first {ms} ms of "{word}", the onset is too quiet for the'
                " energy gate.\n- So the encoder never hears the plosive. Not a problem of the prototypes at all!",
            ),
            Beat("fix", 2, "topic", "- `pad_before` is {pad} ms now, trimming happens after the padding.", "Fix"),
        ],
        [
            Ask(
                "debug",
                "why",
                [
                    'why was "{word}" recognised so badly back then?',
                    'what turned out to be wrong with the keyword "{word}"?',
                    'remind me what the trimmer did to "{word}"',
                ],
                [["eats the first {ms} ms", "first {ms} ms", "energy gate", "onset is too quiet"]],
            ),
            Ask(
                "how",
                "fix",
                [
                    "how did I repair the silence trimmer",
                    "What was changed so that the trimmer no longer cuts the onset?",
                    "which pad_before do we have in the trimmer since the fix?",
                ],
                [["{pad} ms", "`pad_before` is {pad}", "pad_before is {pad}"]],
            ),
        ],
        [("What energy threshold in decibel does the silence trimmer use?", ["dbfs", "decibel", "energy threshold"])],
    ),
    Story(
        "prototype_norm",
        {"sess": ["3", "4"], "pct": ["22", "27", "31"]},
        [
            Beat(
                "see",
                0,
                "scratch",
                "Base classes win nearly always from session {sess} on. {pct} percent of the new clips land in a base class.",
            ),
            Beat(
                "why",
                1,
                "topic",
                "- Printed the norms. The averaged prototypes are never normalised again, so the new ones are shorter"
                " and the dot product favours the old words.\n- With one clip a class the norm would be 1. Thats why the"
                " 1-shot case looked healthy.",
            ),
            Beat(
                "fix",
                2,
                "topic",
                "- Added `F.normalize` after the mean in `update_fc_avg`.\n```python\ndef update_fc_avg(self, x, y):\n"
                "    proto = torch.stack([x[y == c].mean(0) for c in y.unique()])\n    return F.normalize(proto, dim=-1)```",
                "Code",
            ),
        ],
        [
            Ask(
                "debug",
                "why",
                [
                    "Why did the base classes win nearly all the time?",
                    "what was the reason the new words kept landing in base classes",
                    "the old words swallowed the new ones, what did I find when I printed the norms?",
                ],
                [["never normalised again", "new ones are shorter", "dot product favours the old"]],
            ),
            Ask(
                "how",
                "fix",
                [
                    "how did i fix the prototype lengths in update_fc_avg?",
                    "What did we add to the prototype update to get equal norms?",
                ],
                [["f.normalize"]],
            ),
            Ask(
                "detail",
                "see",
                [
                    "how many percent of the new clips landed in a base class?",
                    "what share of new clips ended up in base classes before the fix?",
                ],
                [["{pct} percent", "{pct}%", "{pct} %"]],
            ),
        ],
        [
            (
                "By how many points did the final accuracy rise after normalising the prototypes?",
                ["after normalising", "points after `f.normalize`"],
            )
        ],
    ),
    Story(
        "label_map",
        {"a": ["backward", "bed", "cat"], "n": ["2", "3"]},
        [
            Beat("see", 0, "scratch", "Accuracy of session {n} is below chance for one word. Below chance! Must be an index."),
            Beat(
                "why",
                0,
                "topic",
                '- Found it: the label map is sorted by the alphabet in every session, so "{a}" takes the index of an old'
                " word as soon as it arrives.",
                "Debug",
            ),
            Beat(
                "fix",
                1,
                "topic",
                "- The order is written once to `class_order.json` and only appended to. Old checkpoints can not be used.",
            ),
        ],
        [
            Ask(
                "debug",
                "why",
                [
                    "what caused the below chance accuracy for one word?",
                    "One keyword was under chance level - what was the bug?",
                    'what went wrong with the index of "{a}"?',
                ],
                [["sorted by the alphabet", "takes the index of an old"]],
            ),
            Ask(
                "how",
                "fix",
                [
                    "how do we keep the class indices stable now?",
                    "where is the class order stored since the label map bug?",
                ],
                [["class_order.json"]],
            ),
        ],
        [("Who wrote the first version of the label map?", ["wrote the label map", "label map was written by"])],
    ),
    Story(
        "support_sampling",
        {"n": ["5", "8", "10"], "sd": ["1.4", "1.9", "2.3"]},
        [
            Beat(
                "see",
                0,
                "topic",
                "- All my runs draw the same support clips! `RandomState(0)` is built inside `__getitem__`, so the seed option"
                " changes nothing.",
                "Debug",
            ),
            Beat("fix", 1, "topic", "- The generator is made once in the sampler. Seeds differ now."),
            Beat(
                "num",
                3,
                "scratch",
                "With {n} draws of support clips the last session scatters by {sd} points (standard deviation). One"
                " draw says nothing, report the mean.",
            ),
        ],
        [
            Ask(
                "debug",
                "see",
                [
                    "Why did changing the seed make no difference to the support clips?",
                    "why were the support clips the same in all runs",
                    "seed option had no effect, reason?",
                ],
                [["inside `__getitem__`", "inside __getitem__", "randomstate(0)"]],
            ),
            Ask(
                "detail",
                "num",
                [
                    "How much does the last session scatter over different support clips?",
                    "what std did i see over the draws of support clips?",
                    "spread of the last session over several draws of the support set pls",
                ],
                [["{sd}"]],
                [["{sd}"]],
            ),
        ],
        [("What confidence interval do we report for the support draws?", ["confidence interval"])],
    ),
    Story(
        "batchnorm_freeze",
        {"gain": ["1.1", "1.6", "2.4"]},
        [
            Beat(
                "idea",
                0,
                "topic",
                "- Idea: keep the batch norm of the encoder in eval mode after the base session.\n- Reason: five clips a class"
                " give statistics that are far too noisy, one loud clip moves the whole layer.",
                "Idea",
            ),
            Beat("code", 1, "topic", "- `freeze_bn()` is called at the start of each incremental session.", "Code"),
            Beat("res", 3, "scratch", "Frozen batch norm: unseen accuracy up by {gain} points on average, seen stays. Keep it."),
        ],
        [
            Ask(
                "why",
                "idea",
                [
                    "why do we keep batch norm frozen after the base session?",
                    "What was the argument for putting the norm layers in eval mode?",
                    "prof asks why bn is frozen in the incremental sessions",
                ],
                [["far too noisy", "one loud clip moves"]],
            ),
            Ask(
                "detail",
                "res",
                [
                    "what did freezing batch norm bring for the unseen words?",
                    "How many points did the frozen batch norm give on unseen accuracy?",
                ],
                [["{gain}"]],
                [["{gain}"]],
            ),
        ],
        [("Did I try group norm in place of batch norm?", ["group norm", "groupnorm"])],
    ),
    Story(
        "pi_latency",
        {"ms": ["38", "47", "61"], "dev": ["Raspberry Pi 4", "Cortex-M7 board", "Jetson Nano"], "att": ["19", "26"]},
        [
            Beat(
                "num",
                0,
                "topic",
                "- One clip takes {ms} ms on the {dev}, single thread, mean of 200 clips.\n- The log-mel front end is a third"
                " of that. Suprising.",
            ),
            Beat(
                "drop",
                4,
                "topic",
                "- Frame attention would add {att} ms on the {dev}. Dropped: too slow for the device claim in the abstract.",
            ),
        ],
        [
            Ask(
                "detail",
                "num",
                [
                    "how long does one clip take on the {dev}?",
                    "What latency did you measure on the {dev}?",
                    "inference time for 1 clip, {dev}",
                ],
                [["{ms} ms"]],
                [["{ms} ms"]],
            ),
            Ask(
                "why",
                "drop",
                [
                    "why did we give up frame attention?",
                    "What was the reason for dropping the frame attention?",
                    "frame attention - why not in the model any more?",
                ],
                [["too slow for the device claim", "{att} ms"]],
            ),
        ],
        [
            ("How much RAM does the model need on the {dev}?", ["ram ", "megabyte"]),
            ("What power draw in milliwatts did I measure on the {dev}?", ["milliwatt", "mw "]),
        ],
    ),
    Story(
        "speaker_overlap",
        {"n": ["23", "41", "58"], "clips": ["112", "167", "204"]},
        [
            Beat("claim", 0, "topic", "- Checked the split by name: no speaker is in both support and test. Fine for the paper."),
            Beat(
                "turn",
                9,
                "topic",
                "- The check of the overlap was wrong, I compared the hash with the suffix `_nohash_0` still on. In truth"
                " {n} speakers are in both support and test ({clips} test clips).\n> [!warning]  Do not claim speaker"
                " independence!",
            ),
        ],
        [
            Ask(
                "retraction",
                "turn",
                [
                    "do support and test share any speakers?",
                    "Is it sound to say that no speaker is in both support and test?",
                    "are there speakers that appear both in support and in test? reviewer will ask",
                ],
                [["{n} speakers", "{n}"]],
            ),
            Ask(
                "as_of",
                "claim",
                [
                    "did I think there was speaker overlap between support and test?",
                    "what was my finding on speakers in both support and test?",
                ],
                [["no speaker is in both"]],
                never=["{n} speakers"],
                as_of="claim",
            ),
        ],
        [("How many of the overlapping speakers are women?", ["women", "female"])],
    ),
    Story(
        "reject_unknown",
        {"tau": ["0.42", "0.48", "0.55"], "fa": ["3.1", "4.4", "2.7"]},
        [
            Beat(
                "idea",
                0,
                "topic",
                "- Reject a clip when the largest cosine is below a threshold. No extra class, since an unknown class would"
                " have to be retrained whenever a word moves from unknown to known.",
                "Idea",
            ),
            Beat("num", 4, "topic", "- Threshold {tau} on the validation speakers gives {fa} false alarms an hour."),
        ],
        [
            Ask(
                "why",
                "idea",
                [
                    "why is there no extra class for unknown words?",
                    "What speaks against an unknown class in our system?",
                    "why we use threshold for rejecting and not an own unknown class?",
                ],
                [["have to be retrained", "would have to be retrained"]],
            ),
            Ask(
                "detail",
                "num",
                [
                    "which rejection threshold did I end up with?",
                    "What is the cosine threshold for rejecting a clip?",
                    "threshold for unknown words = ?",
                ],
                [["{tau}"]],
                [["{tau}"]],
            ),
        ],
        [("What is the false rejection rate at that cosine threshold for unknown words?", ["false reject"])],
    ),
    Story(
        "pitch_shift",
        {"semi": ["2", "3", "4"], "who": ["Mina", "Tobias"]},
        [
            Beat("idea", 0, "scratch", "{who} says pitch shift helps with few speakers. Try +-{semi} semitones on the support clips."),
            Beat(
                "res",
                3,
                "topic",
                "- Pitch shift makes it worse. The shifted clips have a metallic sound from the phase vocoder and the prototype"
                " moves to the artefact.\n- [!fail] not worth a second try with this vocoder.",
            ),
        ],
        [
            Ask(
                "why",
                "res",
                [
                    "why did pitch shift make things worse?",
                    "What was wrong with the pitch shifted support clips?",
                    "pitch shift = bad, because?",
                ],
                [["metallic sound", "moves to the artefact", "phase vocoder"]],
            ),
            Ask(
                "idea",
                "idea",
                ["who suggested to try pitch shift?", "whose idea was the pitch shift on the support clips"],
                [["{who}"]],
                [["{who}"]],
            ),
        ],
        [("Which library did I use for the pitch shift?", ["librosa", "rubberband", "sox"])],
    ),
    Story(
        "checkpoint_disk",
        {"gb": ["410", "530", "690"], "keep": ["2", "3"]},
        [
            Beat(
                "see",
                0,
                "scratch",
                "Server says no space left on device. The checkpoints folder has {gb} GB, each epoch of every run is kept.",
            ),
            Beat("fix", 1, "topic", "- `keep_last` {keep}: only the last {keep} epochs and the best one stay. Cron job cleans on Sunday."),
        ],
        [
            Ask(
                "debug",
                "see",
                [
                    "what filled up the disk of the server?",
                    "Why was there no space left on the server that time?",
                    "disk full on the gpu box - reason?",
                ],
                [["each epoch of every run is kept", "{gb} gb"]],
            ),
            Ask(
                "how",
                "fix",
                ["how many checkpoints are kept per run now?", "what did we set so the checkpoints no longer fill the disk?"],
                [["`keep_last` {keep}", "keep_last {keep}", "only the last {keep} epochs"]],
            ),
        ],
        [("How large is the whole disk of the server?", ["terabyte", " tb"])],
    ),
    Story(
        "loader_hang",
        {"w": ["8", "12", "16"], "ep": ["3", "7", "11"]},
        [
            Beat("see", 0, "scratch", "Training stands still at epoch {ep}, GPU at 0 percent, no error. Happens only with {w} workers."),
            Beat(
                "why",
                1,
                "topic",
                "- py-spy shows all workers waiting on a lock of the resampler, it was taken before the fork.\n"
                "- Fix: `multiprocessing_context` is spawn. Start-up takes longer but no hang for 4 days.",
            ),
        ],
        [
            Ask(
                "debug",
                "why",
                [
                    "why did training hang without any error?",
                    "what made the data loader stand still?",
                    "GPU at 0 percent and nothing moves: what was the cause last time?",
                ],
                [["lock of the resampler", "taken before the fork"]],
            ),
            Ask(
                "how",
                "why",
                [
                    "how did I get rid of the hanging workers?",
                    "what's the cure for the loader that hangs",
                ],
                [["is spawn", "spawn"]],
            ),
        ],
        [("How many seconds does start-up take with spawn?", ["seconds with spawn", "spawn takes"])],
    ),
    Story(
        "half_precision",
        {"t": ["32", "64"], "sp": ["1.6", "1.8", "2.1"]},
        [
            Beat("idea", 0, "topic", "- fp16 makes an epoch {sp} times faster. Use it for everything?", "Idea"),
            Beat(
                "why",
                2,
                "topic",
                "- NaN after a few hundred steps. The cosine logits times temperature {t} leave the range of fp16 in the"
                " backward pass.\n- Solved: logits and loss are computed in fp32, the encoder stays in fp16.",
                "Debug",
            ),
        ],
        [
            Ask(
                "debug",
                "why",
                [
                    "where did the NaNs in half precision come from?",
                    "Why does fp16 training give NaN and what was done?",
                    "fp16 nan - what was it again",
                ],
                [["leave the range of fp16", "computed in fp32", "in fp32"]],
            ),
            Ask(
                "detail",
                "idea",
                ["how much faster is an epoch with fp16?", "speed-up from half precision?"],
                [["{sp}"]],
                [["{sp}"]],
            ),
        ],
        [("Did I compare bf16 against fp16?", ["bf16", "bfloat"])],
    ),
    Story(
        "session_order",
        {"d": ["3.2", "4.1", "2.8"], "k": ["3", "5"]},
        [
            Beat("num", 0, "topic", "- Shuffled the order in which the words arrive: the last harmonic mean moves by {d} points. Same code!"),
            Beat(
                "dec",
                2,
                "Meeting Lindqvist",
                "- Order of words: we report the mean over {k} fixed orders, listed in the appendix. Prof. Lindqvist does not"
                " want a hand-picked one.",
            ),
        ],
        [
            Ask(
                "detail",
                "num",
                [
                    "how much does the order of the words matter for the harmonic mean?",
                    "By how many points does the last harmonic mean move when the word order is shuffled?",
                ],
                [["{d} points", "{d}"]],
                [["{d}"]],
            ),
            Ask(
                "decision",
                "dec",
                [
                    "what did we agree on about the order of words in the paper?",
                    "How many fixed orders do we report?",
                    "what did Lindqvist want regarding word orders",
                ],
                [["{k} fixed orders"]],
            ),
        ],
        [("Which word order gave the lowest harmonic mean?", ["lowest order", "worst order"])],
    ),
    Story(
        "tree_three",
        {"a": ["tree", "four", "bird"], "b": ["three", "forward", "bed"], "n": ["64", "81", "97"]},
        [
            Beat("see", 0, "scratch", '{n} clips of "{a}" are called "{b}" in the last session. By far the worst pair.'),
            Beat(
                "idea",
                1,
                "topic",
                '- For look-alike words: push only the closest pair of prototypes apart, a pairwise margin, not the whole'
                " space. The other words should not pay for it.",
                "Idea",
            ),
            Beat("next", 2, "topic", "- Next: choose the pair on the validation clips, not by hand, then one run with margin 0.2."),
        ],
        [
            Ask(
                "detail",
                "see",
                [
                    'how many "{a}" clips were taken for "{b}"?',
                    'count of "{a}" called "{b}" in the last session',
                ],
                [["{n} clips", "{n}"]],
                [["{n}"]],
            ),
            Ask(
                "idea",
                "idea",
                [
                    "what was my idea for words that sound alike?",
                    "How did I want to deal with look-alike words?",
                    "idea for the confusable pairs?",
                ],
                [["pairwise margin", "closest pair of prototypes"]],
            ),
            Ask(
                "next_step",
                "next",
                [
                    "what is the next step for the pairwise margin?",
                    "what did i plan to do next about the look-alike words",
                ],
                [["choose the pair on the validation clips", "validation clips"]],
            ),
        ],
        [("How many clips of the look-alike pair are confused after the pairwise margin?", ["after the pairwise margin"])],
    ),
    Story(
        "okafor_recordings",
        {"lang": ["Igbo", "Frisian", "Welsh"], "kw": ["14", "18", "24"], "sp": ["31", "37", "52"]},
        [
            Beat(
                "got",
                0,
                "topic",
                "- Dr. Okafor brought recordings of {kw} {lang} keywords from {sp} speakers. 48 kHz, a kitchen and an office.",
            ),
            Beat("todo", 2, "topic", "- Resampled to 16 kHz. Clipping in the kitchen part, leave these out of the test set."),
        ],
        [
            Ask(
                "detail",
                "got",
                [
                    "how many speakers are in the {lang} recordings?",
                    "My {lang} set - how many speakers did you count?",
                    "speakers in okafor's data?",
                ],
                [["{sp} speakers", "{sp}"]],
                [["{sp}"]],
            ),
            Ask(
                "why",
                "todo",
                [
                    "why is the kitchen part left out of the {lang} test set?",
                    "What is the matter with the kitchen recordings?",
                ],
                [["clipping"]],
            ),
        ],
        [
            ("What accuracy do we get on the {lang} keywords?", ["accuracy on {lang}", "{lang} accuracy"]),
            ("How old are the speakers in the {lang} recordings?", ["years old", "age of the speakers"]),
        ],
    ),
    Story(
        "confusion_plot",
        {"a": ["no", "down", "wow"], "b": ["go", "dog", "one"]},
        [
            Beat("claim", 0, "scratch", 'Confusion matrix: "{b}" is eaten by "{a}". So "{a}" is too broad.'),
            Beat(
                "turn",
                6,
                "topic",
                '- Rows and columns were swapped in `plot_confusion`. It is the other way round: "{a}" is eaten by "{b}".\n'
                "- Everything that I said about broad prototypes from this plot is void.",
                "Fix",
            ),
        ],
        [
            Ask(
                "retraction",
                "turn",
                [
                    'Is it right that "{b}" is eaten by "{a}"?',
                    'can I write in the paper that "{b}" gets eaten by "{a}"?',
                ],
                [["swapped", "other way round", '"{a}" is eaten by "{b}"']],
            ),
            Ask(
                "debug",
                "turn",
                [
                    "what was wrong with the confusion plot?",
                    "which mistake was in plot_confusion?",
                    "bug in the confusion matrix figure - what was it?",
                ],
                [["swapped"]],
            ),
            Ask(
                "as_of",
                "claim",
                [
                    'what did the confusion matrix say about "{a}" and "{b}"?',
                ],
                [['"{b}" is eaten by "{a}"', "too broad"]],
                never=["swapped"],
                as_of="claim",
            ),
        ],
        [("Which colour map does the confusion plot use?", ["viridis", "colormap", "colour map"])],
    ),
    Story(
        "weight_warmup",
        {"ep": ["8", "12", "15"]},
        [
            Beat(
                "why",
                0,
                "topic",
                "- The auxiliary loss rises from 0 to its weight over the first {ep} epochs, linear. Without it the encoder"
                " copies the envelope before it has learned a single word.",
            ),
            Beat("next", 5, "topic", "- Next thing to try: a cosine ramp in place of the linear one, and stop the loss for the last 10 epochs."),
        ],
        [
            Ask(
                "why",
                "why",
                [
                    "why is the auxiliary loss ramped up at the beginning?",
                    "What happens without the warm-up of the auxiliary loss?",
                    "reason for the warmup of the aux loss?",
                ],
                [["copies the envelope"]],
            ),
            Ask(
                "next_step",
                "next",
                [
                    "what did I want to try next with the loss warm-up?",
                    "next experiment for the ramp of the auxiliary loss?",
                ],
                [["cosine ramp"]],
            ),
        ],
        [("Which paper does the loss warm-up come from?", ["warm-up paper", "ramp from the paper"])],
    ),
    Story(
        "lost_points",
        {"p": ["2.2", "2.9", "3.4"], "old": ["160", "200"], "new": ["320", "400"]},
        [
            Beat("see", 0, "scratch", "Since the merge the base accuracy is {p} points lower. Same command! Bisect tonight."),
            Beat(
                "why",
                1,
                "topic",
                "- git bisect points to the refactoring of the front end by Jae: the default of `hop_length` went from {old}"
                " to {new}.\n- Put back to {old}, and the value is printed at start now.",
                "Debug",
            ),
        ],
        [
            Ask(
                "debug",
                "why",
                [
                    "what caused the accuracy drop after the merge?",
                    "Base accuracy fell after merging - what did the bisect find?",
                    "which change cost us the points after the merge?",
                ],
                [["`hop_length`", "hop_length"]],
            ),
            Ask(
                "detail",
                "see",
                ["how many points did we lose with the merge?", "size of the drop since the merge?"],
                [["{p} points", "{p}"]],
                [["{p}"]],
            ),
        ],
        [("What is the hash of the bad commit?", ["commit hash", "sha "])],
    ),
    Story(
        "int8_export",
        {"drop": ["1.7", "2.6", "3.3"], "left": ["0.3", "0.4", "0.6"]},
        [
            Beat("num", 0, "topic", "- int8 for the whole net costs {drop} points in the last session. Base session hardly moves."),
            Beat(
                "fix",
                3,
                "topic",
                "- One scale a channel in place of one a tensor: the loss shrinks to {left} points. The prototypes stay in float.",
                "Code",
            ),
        ],
        [
            Ask(
                "detail",
                "num fix",
                [
                    "how many points does int8 cost with one scale a channel?",
                    "what is lost by int8 after switching to per-channel scales?",
                ],
                [["{left} points", "{left}"]],
            ),
            Ask(
                "how",
                "fix",
                [
                    "How was the loss from int8 brought down?",
                    "what reduced the quantisation loss",
                    "int8 export was bad at first, what helped?",
                ],
                [["one scale a channel"]],
            ),
        ],
        [("How big is the int8 model file?", ["kilobyte", " kb", " mb"])],
    ),
    Story(
        "episode_training",
        {"n": ["4", "6"], "q": ["3", "7"]},
        [
            Beat(
                "idea",
                0,
                "topic",
                "- Idea: fake incremental sessions in the base training. Hide {n} base words, bring them back as {q}-clip words"
                " in each episode, so the encoder learns to leave room.",
                "Idea",
            ),
            Beat("stop", 5, "topic", "- An epoch takes four times as long and the gain is within the scatter. Parked until after the deadline."),
        ],
        [
            Ask(
                "idea",
                "idea",
                [
                    "what was the idea behind the fake sessions?",
                    "Explain me the episode training idea",
                    "how was the encoder supposed to learn to leave room for new words?",
                ],
                [["hide {n} base words", "fake incremental sessions"]],
            ),
            Ask(
                "status",
                "stop",
                [
                    "what is the state of the episode training?",
                    "are we still doing the episode training?",
                    "episode training: alive or dead?",
                ],
                [["parked", "within the scatter"]],
            ),
        ],
        [("Which optimiser did the episode training use?", ["adamw", "optimiser", "optimizer"])],
    ),
    Story(
        "loudness_norm",
        {"db": ["-20", "-23", "-26"]},
        [
            Beat("see", 0, "scratch", "Quiet clips are rejected more often. The cosine should not care about loudness but the log floor does."),
            Beat("fix", 2, "topic", "- Every clip is brought to {db} LUFS before the log-mel. Silence below the gate is left alone."),
        ],
        [
            Ask(
                "why",
                "see",
                [
                    "why are quiet clips rejected more often?",
                    "How come loudness matters although we use the cosine?",
                ],
                [["log floor"]],
            ),
            Ask(
                "how",
                "fix",
                [
                    "to which loudness are the clips normalised?",
                    "What target loudness do I use before the log-mel",
                    "target LUFS?",
                ],
                [["{db} lufs", "{db}"]],
                [["{db}"]],
            ),
        ],
        [("How many of the quiet clips are still rejected after the loudness step?", ["still rejected"])],
    ),
    Story(
        "phoneme_start",
        {"m": ["Tobias", "Mina", "Jae"], "clips": ["2", "3"]},
        [
            Beat(
                "idea",
                0,
                "topic",
                "- {m} had the idea in the coffee corner: start a new prototype from the phonemes of the written word, then move it"
                " with the clips. Works before a single clip is recorded.",
                "Idea",
            ),
            Beat("res", 6, "topic", "- Helps with up to {clips} clips, after that the clips alone are better."),
            Beat("next", 8, "topic", "- To do next: weight text against clips by the number of clips. One line of code, one night of GPU."),
        ],
        [
            Ask(
                "idea",
                "idea",
                [
                    "who came up with starting prototypes from phonemes?",
                    "whose idea is the phoneme start?",
                    "The phoneme initialisation, who had that idea?",
                ],
                [["{m}"]],
                [["{m}"]],
            ),
            Ask(
                "detail",
                "res",
                [
                    "up to how many clips does the phoneme start help?",
                    "when does starting from phonemes stop being useful?",
                ],
                [["up to {clips} clips", "{clips} clips"]],
            ),
            Ask(
                "next_step",
                "next",
                [
                    "what comes next for the phoneme prototypes?",
                    "Which next step did I note for the phoneme start?",
                ],
                [["weight text against clips"]],
            ),
        ],
        [("Which pronunciation dictionary feeds the phoneme start?", ["cmudict", "pronunciation dict", "dictionary"])],
    ),
    Story(
        "prototype_drift",
        {"th": ["0.08", "0.11", "0.14"], "w": ["happy", "marvin", "sheila", "zero"]},
        [
            Beat(
                "def",
                0,
                "topic",
                "- Drift of a word := cosine distance between its prototype in the base session and in the last one.\n"
                "- Above {th} the word is as good as lost.",
            ),
            Beat("num", 3, "topic", '- "{w}" drifts most of all words. No idea why, it has no neighbour.'),
        ],
        [
            Ask(
                "how",
                "def",
                [
                    "how is prototype drift defined?",
                    "what exactly do I measure as drift of a word?",
                    "definition of drift (for the method section)?",
                ],
                [["cosine distance between its prototype"]],
            ),
            Ask(
                "detail",
                "num",
                ["which word drifts most?", "Which keyword has the largest drift?", "word w/ most drift?"],
                [["{w}"]],
                [["{w}"]],
            ),
        ],
        [("What is the drift of the word with the smallest drift?", ["smallest drift", "drifts least"])],
    ),
    Story(
        "room_responses",
        {"n": ["60", "115", "270"]},
        [
            Beat("get", 0, "topic", "- Took {n} room responses for the reverberation augmentation."),
            Beat(
                "turn",
                5,
                "topic",
                "- Okafor read the licence: non-commercial only, and our project partner sells devices. Replaced by simulated"
                " rooms (image method).",
            ),
        ],
        [
            Ask(
                "why",
                "turn",
                [
                    "why did we replace the room responses?",
                    "What was the trouble with the recorded room responses?",
                    "why simulated rooms instead of the measured ones",
                ],
                [["non-commercial"]],
            ),
            Ask(
                "detail",
                "get",
                ["how many room responses did I take at first?", "number of room responses for the reverb augmentation?"],
                [["{n}"]],
                [["{n}"]],
            ),
        ],
        [("What reverberation time do the simulated rooms have?", ["rt60", "reverberation time"])],
    ),
    Story(
        "model_selection",
        {"pts": ["0.9", "1.3", "1.8"]},
        [
            Beat("claim", 0, "topic", "- The best epoch is picked by `best_acc` in the log. Nice and simple."),
            Beat(
                "turn",
                8,
                "topic",
                "- Ouch. `best_acc` is computed on the test words, so the choice of the epoch peeks. Picking by validation costs"
                " {pts} points.\n> [!caution] Numbers picked by `best_acc` must not go into the paper.",
            ),
        ],
        [
            Ask(
                "retraction",
                "turn",
                [
                    "may I use the numbers picked by best_acc in the paper?",
                    "Is picking the epoch by best_acc sound?",
                    "can we still rely on best_acc for choosing the epoch?",
                ],
                [["peeks", "computed on the test words", "must not go into the paper"]],
            ),
            Ask(
                "detail",
                "turn",
                [
                    "what does picking the epoch by validation cost?",
                    "How many points do we lose when the epoch is chosen on validation?",
                ],
                [["{pts} points", "{pts}"]],
                [["{pts}"]],
            ),
        ],
        [("On how many validation clips is the epoch picked?", ["validation set has", "validation clips for picking"])],
    ),
    Story(
        "new_word_bias",
        {"b": ["0.03", "0.05", "0.07"]},
        [
            Beat("see", 0, "scratch", "Confidence on new words is too high, on old words too low. Temperature alone can not fix both."),
            Beat("fix", 2, "topic", "- Subtract {b} from the cosines of the new words before the softmax. Fitted on the base session's held-out words."),
        ],
        [
            Ask(
                "how",
                "fix",
                [
                    "how do I calibrate new words against old ones?",
                    "What is done to the logits of the new words before the softmax?",
                    "the bias on the new words - how much do we take off?",
                ],
                [["subtract {b}", "{b}"]],
            ),
            Ask(
                "why",
                "see",
                [
                    "why is temperature alone not enough for calibration?",
                    "what's the trouble with confidence on new and old words?",
                ],
                [["can not fix both", "too high, on old words too low", "too high"]],
            ),
        ],
        [("What is the expected calibration error now?", ["calibration error", "ece"])],
    ),
    Story(
        "paper_plan",
        {"venue": ["ASRU", "ICASSP", "SLT"], "pages": ["4", "6", "8"], "fig": ["2", "3"], "drop": ["ablation on batch size", "section on privacy"]},
        [
            Beat(
                "meet",
                0,
                "Meeting Lindqvist",
                "- {venue}, {pages} pages. Lindqvist wants the {drop} out, there is no room.\n- Figure {fig} has to be readable"
                " in grey.",
            ),
            Beat("stat", 6, "topic", "- Introduction and method are written, results half, discussion empty. Figure {fig} is missing."),
        ],
        [
            Ask(
                "decision",
                "meet",
                [
                    "what did I ask you to take out of the paper?",
                    "which part of the paper does the advisor want out?",
                    "what has to go from the paper for lack of room?",
                ],
                [["{drop}"]],
            ),
            Ask(
                "status",
                "stat",
                [
                    "how far is the draft?",
                    "What is the state of the paper, which parts are written?",
                    "status of the manuscript pls",
                ],
                [["results half", "discussion empty"]],
            ),
        ],
        [("Who will be the last author of the paper?", ["last author"]), ("What was the review score of the paper?", ["review score"])],
    ),
    Story(
        "gpu_sharing",
        {"card": ["A5000", "RTX 3090", "A6000"], "who": ["Jae", "Mina"], "day": ["Tuesday", "Thursday"]},
        [
            Beat("rule", 0, "topic", "- {who} gets the {card} on every {day} night, the other nights are mine until the deadline."),
            Beat("see", 4, "scratch", "My job was killed at night. {who} had started on the {card} as agreed, I forgot the rule. My fault."),
        ],
        [
            Ask(
                "decision",
                "rule",
                [
                    "which night belongs to {who} on the {card}?",
                    "what is the deal with {who} about the {card}?",
                    "when may {who} use the {card}?",
                ],
                [["{day}"]],
            ),
            Ask(
                "debug",
                "see",
                ["why was my job killed at night?", "who or what killed the night job on the {card}?"],
                [["{who} had started", "forgot the rule", "{who}"]],
            ),
        ],
        [("How much memory does the {card} have?", ["gb of memory", "24 gb", "48 gb"])],
    ),
    Story(
        "replay_privacy",
        {"n": ["16", "32", "64"]},
        [
            Beat("idea", 0, "topic", "- Instead of raw audio keep {n} numbers a clip, so no voice leaves the device. Okafor likes this for clinics.", "Idea"),
            Beat("res", 4, "topic", "- Tobias could still tell the speaker from the stored numbers in most cases. So the privacy claim does not hold."),
        ],
        [
            Ask(
                "retraction",
                "res",
                [
                    "does the privacy claim for the stored numbers hold?",
                    "Can we claim that the stored features protect the speaker?",
                    "is replay of features private, yes or no?",
                ],
                [["does not hold", "could still tell the speaker"]],
            ),
            Ask(
                "detail",
                "idea",
                ["how many numbers a clip did I want to keep instead of audio?", "size of the stored vector per clip in the replay idea?"],
                [["{n} numbers", "{n}"]],
                [["{n}"]],
            ),
        ],
        [("Which attack model did Tobias use to find the speaker?", ["attack model", "x-vector", "ecapa"])],
    ),
    Story(
        "mel_bands",
        {"a": ["40", "64"], "b": ["80", "96"]},
        [
            Beat("dec", 0, "topic", "- From {a} to {b} mel bands: nothing gained, memory doubles. Stay with {a}."),
            Beat(
                "turn",
                10,
                "topic",
                "- Correction: in the test of {b} bands the old cache with {a} bands was read, so nothing could change. Open again.",
            ),
        ],
        [
            Ask(
                "retraction",
                "turn",
                [
                    "is it settled that {b} mel bands gain nothing?",
                    "can I tell Lindqvist that {b} mel bands do not help?",
                    "{b} mel bands useless - still true?",
                ],
                [["old cache", "open again"]],
            ),
            Ask(
                "as_of",
                "dec",
                ["how many mel bands had I decided on?", "mel bands: what was the decision?"],
                [["stay with {a}", "{a}"]],
                never=["old cache"],
                as_of="dec",
            ),
        ],
        [("What highest frequency in Hz do the mel bands reach?", ["8000 hz", "f_max", "fmax"])],
    ),
]

# ------------------------------------------------------------------------------------------------------ run families
#: name: (option, values, description, how one speaks of it, the option's everyday name)
FAMILIES: dict[str, tuple[str, list[str], str, str, str]] = {
    "temperature": ("temperature", ["4", "8", "24", "32"], "Cosine head, `temperature` {v}", "cosine head with temperature {v}", "the temperature"),
    "noise": ("noise_prob", ["0.2", "0.4", "0.6"], "Noisy base training, `noise_prob` {v}", "noisy base training with noise_prob {v}", "noise_prob"),
    "layer": ("sequential_layer", ['"GRU"', '"Transformer"', '"LSTM"'], "Sequential layer {p} on the frames", "sequential layer {p} on the frames", "the kind of sequential layer"),
    "lpc": ("loss_lpc", ["0.2", "0.5", "1"], "LPC loss with weight {v}", "LPC loss with weight {v}", "the LPC loss weight"),
    "shot": ("shot", ["1", "3", "10"], "Protocol with {v} shots a word", "protocol with {v} shots a word", "the number of shots"),
    "mixup": ("mixup_alpha", ["0.2", "0.4", "0.8"], "Keyword mixup, alpha {v}", "keyword mixup with alpha {v}", "the mixup alpha"),
    "shrink": ("proto_shrink", ["0.1", "0.3", "0.5"], "Prototypes shrunk towards the mean by {v}", "prototypes shrunk by {v}", "the shrinking of the prototypes"),
    "replay": ("replay_per_class", ["1", "4", "8"], "Replay buffer, {v} clips a word", "replay buffer of {v} clips a word", "the size of the replay buffer"),
    "margin": ("margin", ["0.1", "0.25", "0.4"], "Additive margin {v} in the base session", "additive margin {v}", "the additive margin"),
    "teacher": ("teacher_weight", ["0.5", "2", "5"], "Distillation from the base teacher, weight {v}", "distillation with weight {v}", "the distillation weight"),
    "hop": ("hop_length", ["80", "240", "480"], "Front end with hop {v} samples", "front end with a hop of {v} samples", "the hop length"),
    "batch": ("batch_size_base", ["32", "64", "256"], "Base batches of {v} clips", "base batches of {v} clips", "the batch size"),
    "specaug": ("spec_aug_mode", ['"time"', '"freq"', '"both"'], "SpecAugment in mode {p}", "SpecAugment in mode {p}", "the SpecAugment mode"),
    "sim": ("emb_rec_similarity", ['"cosine"', '"dot"'], "Reconstruction matched by {p} similarity", "reconstruction matched by {p} similarity", "the similarity of the reconstruction"),
    "adapter": ("adapter_rank", ["2", "6", "12"], "Adapters of rank {v} per session", "adapters of rank {v}", "the adapter rank"),
    "lr": ("lr_base", ["0.001", "0.01", "0.02"], "Base learning rate {v}", "base learning rate {v}", "the base learning rate"),
    "reg": ("loss_regularize", ["0.01", "0.05", "0.2"], "Embedding regulariser at {v}", "embedding regulariser at {v}", "the embedding regulariser"),
    "dropout": ("drop_frames", ["5", "12", "20"], "Frame dropout, {v} frames a clip", "frame dropout of {v} frames", "frame dropout"),
}
ORDER = (
    "project dataset base_mode new_mode lr_base decay epochs_base batch_size_base schedule temperature spec_aug_mode"
    " noise_prob sequential_layer loss_lpc emb_rec_similarity loss_regularize shot"
).split()

ABSENT: list[tuple[str, list[str]]] = [
    ("What did the wav2vec 2.0 baseline reach?", ["wav2vec"]),
    ("how did the Mamba encoder do", ["mamba"]),
    ("Which day is the thesis defence?", ["defence", "defense"]),
    ("why did we leave PyTorch for JAX?", ["jax"]),
    ("What did the ethics board answer?", ["ethics"]),
    ("how much did the new microphones cost?", ["microphones", "euro"]),
    ("did i ever run contrastive pretraining on LibriSpeech?", ["librispeech", "contrastive"]),
    ("What is the password policy of the cluster", ["password"]),
    ("When was the workshop in Lisbon?", ["lisbon"]),
    ("What did the student assistant say about the annotation guideline?", ["annotation", "student assistant"]),
    ("result with focal loss pls", ["focal"]),
    ("Which beam width did we use for the decoder?", ["beam"]),
    ("how does our model do on the Mandarin keywords?", ["mandarin"]),
    ("Could you tell me what the patent lawyer recommended?", ["patent", "lawyer"]),
    ("what was the BLEU score", ["bleu"]),
    ("why were the diffusion samples so bad?", ["diffusion"]),
    ("Which hyperparameter search tool did I set up?", ["optuna", "hyperparameter", "ray tune"]),
    ("Did the far-field array experiments work?", ["far-field", "beamform"]),
    ("what is the room number of the anechoic chamber?", ["anechoic"]),
    ("How many GPU hours did the carbon report list?", ["carbon"]),
    ("what did I note on the Kalman filter for pitch tracking", ["kalman"]),
    ("Is the curriculum learning run finished?", ["curriculum"]),
    ("Which answer came from the journal's editor?", ["editor"]),
    ("what's the word error rate of the transcripts", ["word error", "wer "]),
]

#: category, text, key
TASKS: list[tuple[str, str]] = [
    ("Code", "Write a unit test for the session sampler"),
    ("Code", "Move the metric functions into `metrics.py`"),
    ("Code", "Print the git state at the start of training"),
    ("Code", "Delete the dead branch in `forward_metric`"),
    ("Code", "Script that collects the arrays from the logs"),
    ("Code", "Make the plots with one common font size"),
    ("Code", "Cache the log-mel features on the local disk"),
    ("Code", "Type hints for the data module"),
    ("Paper", "Draw the overview figure of the sessions"),
    ("Paper", "Write the related work on open-set methods"),
    ("Paper", "Shorten the abstract to 200 words"),
    ("Paper", "Check the notation of the prototypes"),
    ("Paper", "Fill the appendix with the word lists"),
    ("Paper", "Ask Mina to proofread the introduction"),
    ("Paper", "Redo the bar chart with error bars"),
    ("Study", "Read the TEEN paper once more"),
    ("Study", "Work through the chapter on cepstral analysis"),
    ("Study", "Read about Procrustes alignment"),
    ("Study", "Watch the lecture on neural collapse"),
    ("Study", "Summarise the FACT paper in half a page"),
    ("Lab", "Book the meeting room for the group seminar"),
    ("Lab", "Order a new SSD for the workstation"),
    ("Lab", "Show Dr. Okafor how to start a job"),
    ("Lab", "Prepare slides for the group seminar"),
    ("Lab", "Return the borrowed headphones to Jae"),
    ("Others", "Hand in the travel form"),
    ("Others", "Renew the student card"),
    ("Others", "Fix the bike light"),
    ("Others", "Call the landlord about the heating"),
    ("Idea", "Think about prototypes as small Gaussians"),
    ("Idea", "Sketch how to share negatives across sessions"),
    ("Idea", "Think about unlearning a word on request"),
]

FILLER = [
    "What should I do now... Server is busy, so let's tidy the code.",
    "Coffee with Mina. She thinks the seen acc is always too optimistc.",
    "Slow day. Read the log files agian, nothing new.",
    "I should look at the embeddings not only at the numbers.",
    "Emebeddings of the last layer are almost one dimensional?? Look at this some day.",
    "Prof. Lindqvist is travelling, so no meeting this week.",
    "Maybe I work to much on figures and not enough on the idea.",
    "Differnet words need differnet lengths, but all clips are one second.",
    "Deadline is near. Write every day one paragraph!",
    "What if the prototype is not a point but a path through the frames.",
    "Dr. Okafor asked good questions about the sessions, I could not answer all of them.",
    "Don't start a new topic before the old one is finished. Told myself this last week too.",
    "Group seminar was long. Jae showed his codec demo.",
    "The vowels are seperated nicely, consonants are a mess.",
    "Rain. Worked at home, VPN was slow.",
    "It is always the data. Always.",
    "==Write down what the server is doing== before going home.",
]
PAPERS = [
    "Few-Shot Class-Incremental Learning via Training-Free Prototype Calibration",
    "Forward Compatible Few-Shot Class-Incremental Learning",
    "Broadcasted Residual Learning for Efficient Keyword Spotting",
    "Prototypical Networks for Few-shot Learning",
    "Learning without Forgetting",
    "Rehearsal-free Keyword Spotting on Small Devices",
    "Metric Learning for Keyword Spotting",
    "A Closer Look at Few-shot Audio Classification",
    "Dynamic Support Networks for Incremental Words",
    "Overcoming Catastrophic Forgetting in Neural Networks",
    "Linear Prediction A Tutorial Review",
    "Attention in Small Footprint Keyword Models",
]
PAPER_LINES = [
    "- Read it on the train. Main point is the separation of base and new classes.",
    "- Their base session is larger than ours, so the numbers can not be put side by side.",
    "- Equation 4 is probably missing a square root.",
    "- They use images only. For audio the order of the frames would have to come in somewhere.",
    "- Good related work section, steal the structure.",
    "- The code is online but the split files are missing.",
    "> [!question] Would this work with one clip a word?",
    "> [!TIP]  Appendix has the useful part.",
]
EXTRA_NOTES = {
    "shell_tricks": ["- `watch -n 5 nvidia-smi` in the left pane.", "- `rsync -av --partial` for the big folders, never scp again."],
    "vim_setup": ["- obsidian.nvim follows links with gf.", "- Folding by heading is on."],
    "lab_people": ["- Lindqvist: advisor. Okafor: visiting. Mina, Tobias, Jae: the office.", "- Plants are watered by Tobias."],
    "reading_list": ["- Metric learning survey.", "- Something on forgetting in the auditory cortex, just for fun."],
    "latex_notes": ["- Tables with booktabs, no vertical lines.", "- `\\vspace` is forbidden by the template."],
    "words_to_avoid": ["- novel, very, clearly", "- \"outperforms\" only with a number"],
    "seminar_notes": ["- Talk on codecs by Jae.", "- Talk on hearing aids, guest."],
    "bcresnet_code": ["- `SubSpectralNorm` splits in 5 bands.", "```python\nx = self.f2(x)\nx = x.mean(2, keepdim=True)```"],
    "train_script": ["- Arguments are parsed in `parser.py`.", "```sh\npython train.py base -dataset gsc2 \\\n  -gpu 1 \\\n```"],
    "old_ideas": ["- Words as trajectories.", "- ~~Genetic search for the word order~~"],
}
REMARKS = [
    "- Curve looks smooth.",
    "- Base session trained without trouble.",
    "- Should look at the confusions of this one.",
    "- Loss was still falling at the end.",
    "- Nothing special.",
]


# -------------------------------------------------------------------------------------------------------------- runs
@dataclass
class Run:
    """A job on the GPU with what came of it."""

    family: str
    value: str
    desc: str
    spoken: str
    config: dict[str, str]
    start: Day
    end: Day
    acc: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    unseen: list[float] = field(default_factory=list)
    hm: list[float] = field(default_factory=list)
    fate: str = ""  # stopped, nan, oom, running; empty: finished
    flaw: str = ""  # why the result is not sound
    words_epochs: str = ""  # epochs in the description where they differ from the command
    places: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)

    @property
    def final(self) -> float:
        """Overall accuracy after the last session."""
        return self.acc[-1]

    @property
    def sound(self) -> bool:
        """Whether it has a result that stands."""
        return bool(self.acc) and not self.flaw

    @property
    def name(self) -> list[str]:
        """Forms that name the run."""
        plain = self.desc.lower()
        out = [plain, plain.replace("`", "")]
        return list(dict.fromkeys(out + ([number(self.final)] if self.acc else [])))


def number(x: float) -> str:
    """A figure as it stands in an array."""
    return f"{x:.3f}".rstrip("0").rstrip(".")


@dataclass
class Made:
    """A question with how its figures can be counted again from the written files."""

    question: Question
    recount: Callable[[Reader], bool] | None = None
    absent: list[str] = field(default_factory=list)


@dataclass
class Task:
    """A to-do task with its states over the days."""

    category: str
    text: str
    states: list[tuple[Day, str]]
    places: list[str] = field(default_factory=list)

    @property
    def last(self) -> str:
        """The state it has in the end."""
        return self.states[-1][1]

    @property
    def forms(self) -> list[str]:
        """Forms of its text."""
        return list(dict.fromkeys([self.text.lower(), self.text.lower().replace("`", "")]))
