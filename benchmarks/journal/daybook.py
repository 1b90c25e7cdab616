"""A journal by a sixth hand: another researcher's habits, asked by three people (at the desk, the advisor, a labmate).

Everything is drawn from one seed; gold is computed from what was drawn, and what a seed makes
ambiguous is left out.
Usage: python benchmarks/journal/daybook.py OUT --seed N --notes M --verify
"""

from __future__ import annotations

import argparse
import calendar
import datetime
import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generate import Question

DAY = datetime.timedelta(days=1)
Date = datetime.date
ORDER = [
    "project",
    "dataset",
    "dataroot",
    "base_mode",
    "new_mode",
    "lr_base",
    "decay",
    "epochs_base",
    "batch_size_base",
    "schedule",
    "tmax",
    "gpu",
    "temperature",
    "spec_aug_mode",
    "noise_prob",
    "matrix_loss_metric",
    "num_features_pri",
    "sequential_layer",
    "load_from_file",
    "loss_lpc",
    "loss_a_freq_cls",
    "loss_res_cls",
    "emb_rec_similarity",
    "epoch_guideline",
    "epoch_freeze_classifier",
    "final_logit_metric",
    "loss_regularize",
    "way",
    "shot",
    "session",
]
#: Option -> (usual value or "", values tried, how people say it).
STUDIED: dict[str, tuple[str, list[str], list[str]]] = {
    "loss_lpc": ("", ["0.1", "0.3", "0.6", "1.5", "2.5"], ["LPC loss", "lpc loss", "loss_lpc"]),
    "noise_prob": ("0.0", ["0.25", "0.45", "0.7", "0.9"], ["noise probability", "noise_prob", "noise prob"]),
    "temperature": ("16", ["6", "12", "24", "40"], ["temperature", "logit temperature", "temperature"]),
    "lr_base": ("0.005", ["0.0015", "0.003", "0.02"], ["base learning rate", "lr_base", "learning rate"]),
    "decay": ("0.0005", ["0.00005", "0.002", "0.003"], ["weight decay", "decay", "weight decay"]),
    "batch_size_base": ("128", ["48", "96", "320"], ["batch size", "batch_size_base", "base batch size"]),
    "epoch_freeze_classifier": ("", ["15", "35", "55"], ["epoch_freeze_classifier"] * 3),
    "loss_regularize": ("", ["0.02", "0.08", "0.4"], ["loss_regularize", "regularize loss", "loss_regularize"]),
    "loss_res_cls": ("", ["0.15", "0.55", "0.85"], ["residual class loss", "loss_res_cls", "res_cls loss"]),
    "loss_a_freq_cls": ("", ["0.35", "0.65", "1.2"], ["formant class loss", "loss_a_freq_cls", "loss_a_freq_cls"]),
    "epoch_guideline": ("", ["18", "28", "45"], ["epoch_guideline"] * 3),
}
#: Said of an option in whole sentences and other words.
PLAINLY = {
    "loss_lpc": "the LPC loss",
    "noise_prob": "training with noise (`noise_prob`)",
    "loss_regularize": "the regularising loss (`loss_regularize`)",
    "loss_res_cls": "the residual class loss (`loss_res_cls`)",
    "loss_a_freq_cls": "the formant class loss (`loss_a_freq_cls`)",
    "epoch_freeze_classifier": "freezing the classifier (`epoch_freeze_classifier`)",
    "epoch_guideline": "the guideline (`epoch_guideline`)",
    "sequential_layer": "the sequential layer",
}
#: Options that no journal of this hand uses.
UNUSED = {
    "emb_rec_similarity": "dot",
    "matrix_loss_metric": "cka",
    "loss_lpc_shuffled": "1",
    "emb_replace_mode": "mean",
    "loss_aug_res": "0.5",
    "final_logit_metric": "dot",
    "loss_res_replace": "0.5",
}
UNLOGGED = [
    ("EER", "equal error rate"),
    ("F1", "macro F1 score"),
    ("WER", "word error rate"),
    ("AUC", "area under the ROC curve"),
    ("ms latency", "inference latency in milliseconds"),
    ("forgetting score", "average forgetting score"),
]


@dataclass(frozen=True)
class Story:
    """Something that was written once. asks: one wording an asker, in other words than lines. near: a question beside
    it that nothing answers. beside: a sentence elsewhere with the same words. loose: never asked where it is absent."""

    kind: str
    note: str
    lines: list[str]
    asks: list[str]
    must: list[list[str]]
    slots: dict[str, list[str]] = field(default_factory=dict)
    near: str = ""
    beside: str = ""
    loose: bool = False


STORIES = [
    Story(
        "debug",
        "validation_code",
        [
            "CUDA out of memory, but only in validation. Training fits without problem.",
            "The evaluation loop kept the whole graph. Wrapped it in `torch.no_grad()` and memory went down to {g} GB.",
        ],
        [
            "cuda oom in validation, fix?",
            "What was behind the memory trouble during evaluation?",
            "How do I get past the CUDA memory error you had when evaluating?",
        ],
        [["no_grad", "kept the whole graph"]],
        {"g": ["4", "6", "9"]},
        "How did you solve the illegal memory access in CUDA?",
        "Speaker said that validation on a phone needs little memory, CUDA is not there at all.",
    ),
    Story(
        "debug",
        "data_pipeline",
        [
            "Workers of the data loader hang after the first epoch.",
            "It is the {f} archive: opened once in the parent, then forked. Opening it inside `__getitem__` solves it.",
        ],
        [
            "dataloader hang, what was it",
            "Why did data loading freeze once an epoch was over?",
            "My loader processes freeze after one epoch. What cured that for you?",
        ],
        [["__getitem__", "opened once in the parent"]],
        {"f": ["HDF5", "LMDB", "zip"]},
        "How did you speed up the data loader?",
        "Reading list: a blog on workers and queues in Python, nothing about audio.",
    ),
    Story(
        "debug",
        "label_map",
        [
            "All the predictions are off by one word, `yes` comes out as `no`.",
            "Reason: {w} was inserted at index 0 of the label list. Moved it to the end, the confusions look right.",
        ],
        [
            "predictions shifted by one, why",
            "What caused every keyword to be mistaken for its neighbour?",
            "You once had all class ids displaced by one. What was the cause?",
        ],
        [["index 0", "Moved it to the end", "was inserted"]],
        {"w": ["`_silence_`", "`_unknown_`"]},
        "",
        "Label smoothing is explained nicely in the lecture, index cards made.",
    ),
    Story(
        "debug",
        "audio_loading",
        [
            "Babble recordings sounded too high. They are stored at {r} Hz and were read as 16000 Hz.",
            "Resampling them in `load_noise` before mixing repaired it.",
        ],
        [
            "babble noise sounded wrong, reason?",
            "Why was the babble pitched too high?",
            "What was wrong with the background recordings and where did you repair it?",
        ],
        [["load_noise", "Resampling", "stored at {r} Hz"]],
        {"r": ["22050", "44100", "8000"]},
        "Which microphone were the babble recordings made with?",
        "A talk about pitch shifting for singers, sounded interesting.",
    ),
    Story(
        "debug",
        "checkpoints",
        [
            "Loading a checkpoint complains about unexpected keys, all beginning with `{p}`.",
            "That is the wrapper of the parallel training. Strip the prefix before `load_state_dict`.",
        ],
        [
            "unexpected keys checkpoint fix",
            "Why would the saved weights not load?",
            "The weights refuse to load because of key names. What do I do?",
        ],
        [["Strip the prefix", "wrapper of the parallel"]],
        {"p": ["module.", "_orig_mod."]},
        "How often are checkpoints written during training?",
        "Library keys have to be given back in the office.",
    ),
    Story(
        "debug",
        "loss_nan",
        [
            "Loss becomes NaN somewhere in epoch {n}. A clip with only zeros gives a log of zero in the mel part.",
            "Added a floor of {e} before the log.",
        ],
        [
            "nan loss cause + fix",
            "What made the training loss turn into NaN?",
            "How did you cure the loss that was not a number any more?",
        ],
        [["only zeros", "floor of {e}", "log of zero"]],
        {"n": ["3", "7", "11"], "e": ["1e-6", "1e-8", "1e-5"]},
        "",
        "",
        True,
    ),
    Story(
        "debug",
        "gpu_server",
        [
            "Login session closed at night and the training died with it.",
            "From now on everything is started inside `{t}`, then a lost connection does not matter.",
        ],
        [
            "ssh drop killed job, what now",
            "How do you keep a training alive when the connection breaks?",
            "If my laptop goes offline, does my job die? What is your remedy?",
        ],
        [["{t}"]],
        {"t": ["tmux", "screen"]},
        "Who has administrator rights on the login node?",
        "",
    ),
    Story(
        "debug",
        "reproducibility",
        [
            "Same seed, two machines, different numbers. `{f}` picks another kernel on each card.",
            "Switched it off, slower by about {p} percent but identical now.",
        ],
        [
            "same seed differnt numbers, cause",
            "Why did two machines disagree although the seed was fixed?",
            "How do I make a training repeatable on another computer?",
        ],
        [["{f}", "Switched it off"]],
        {"f": ["cudnn.benchmark", "allow_tf32"], "p": ["6", "9", "14"]},
        "",
        "Random seeds were discussed in the statistics course, machines not.",
    ),
    Story(
        "how",
        "enrolment_sets",
        [
            "The clips used for enrolling new words are listed in `{f}`.",
            "Written by `draw_enrolment.py`, a fixed draw, {k} clips a word.",
        ],
        [
            "where is the list of enrolment clips",
            "Which file says which recordings enrol a new word?",
            "Where do I find which recordings belong to the enrolment of a word?",
        ],
        [["{f}"]],
        {"f": ["lists/enrol_a.csv", "lists/enrol_fixed.txt", "splits/enrol.json"], "k": ["5", "10", "8"]},
        "",
        "Enrolling for the summer school closes soon, list of people on the web page.",
        True,
    ),
    Story(
        "how",
        "noise_mixing",
        [
            "Mixing: signal to noise ratio is drawn between {a} and {b} dB for each clip, cut at a random offset.",
            "Only the speech input gets it, the target features stay clean.",
        ],
        [
            "snr range for mixing?",
            "How loud is the disturbance that gets added to the recordings?",
            "How exactly is the background sound put onto a clip?",
        ],
        [["{a} and {b} dB"]],
        {"a": ["-5", "0", "3"], "b": ["12", "15", "20"]},
        "Is the reverberation done before or after the mixing?",
        "Mixing console for the lab podcast is broken, ratio of good channels is low.",
        True,
    ),
    Story(
        "how",
        "lpc_features",
        [
            "LPC part: pre-emphasis 0.97, {w} ms window, autocorrelation, then Levinson-Durbin with order {o}.",
            "Residual is the input filtered by the inverse filter.",
        ],
        [
            "lpc order and window used?",
            "How are the linear prediction features calculated?",
            "Which steps lead from the waveform to the linear prediction coefficients?",
        ],
        [["order {o}"]],
        {"w": ["20", "25", "32"], "o": ["12", "14", "18", "20"]},
        "",
        "Lecture on vocoders: prediction filters from the sixties and why they survived.",
        True,
    ),
    Story(
        "why",
        "lpc_order_choice",
        [
            "A larger predictor smears {s}: it begins to model single harmonics.",
            "So I do not go above {o} coefficients any more.",
        ],
        [
            "why not more lpc coefs",
            "Why did you stop raising the number of prediction coefficients?",
            "What speaks against a bigger predictor?",
        ],
        [["harmonics", "smears"]],
        {"s": ["the vowels", "high voices"], "o": ["16", "22"]},
        "",
        "",
    ),
    Story(
        "why",
        "ctc_trial",
        [
            "Gave up CTC. For clips of one second nearly every frame turns into blank and nothing is aligned.",
            "Might return for {x}.",
        ],
        ["why no ctc", "What was the reason to abandon CTC?", "CTC seems natural here; why is it not in the code?"],
        [["blank", "nothing is aligned"]],
        {"x": ["whole sentences", "longer commands"]},
        "What learning rate did the CTC trial use?",
        "CTC beam search was a topic of the summer school, alignment pictures were nice.",
    ),
    Story(
        "decision",
        "prototype_choice",
        [
            "Decided: a class is represented by the {m} of its embeddings, not by the {n}.",
            "One bad recording otherwise pulls the whole class away.",
        ],
        [
            "mean or median prototypes, what did i settle on",
            "How is a class summarised into one vector, and what tipped the balance?",
            "Which average do you take for the class vectors?",
        ],
        [["{m}"]],
        {"m": ["geometric median", "trimmed mean"], "n": ["plain mean", "medoid"]},
        "",
        "Prototype of the lab robot was shown to visitors, one class of students came.",
    ),
    Story(
        "decision",
        "venue",
        [
            "Paper goes to {v}. Page limit there fits and the date leaves time for the streaming part.",
            "Plan B is a workshop.",
        ],
        [
            "which venue did we pick",
            "Where are we submitting the paper?",
            "To which conference does the manuscript go?",
        ],
        [["{v}"]],
        {"v": ["Interspeech", "ICASSP", "ASRU", "SLT"]},
        "How much is the registration fee of the conference?",
        "Conference dinner photos are on the shared drive, workshop badge too.",
    ),
    Story(
        "advisor",
        "meetings",
        [
            "Meeting with the professor: no claim without confidence intervals over {n} seeds.",
            "Also wants the table with fewer digits.",
        ],
        [
            "prof: how many seeds?",
            "What does the professor want reported alongside each claim?",
            "What has to be there before a claim may be made?",
        ],
        [["confidence intervals", "{n} seeds"]],
        {"n": ["five", "three", "ten"]},
        "When is the next meeting with the professor?",
        "Seeds for the office plants, meeting room has no window.",
    ),
    Story(
        "advisor",
        "baseline_talk",
        [
            "Supervisor says reviewers will ask for {b} as a baseline.",
            "It must be trained with our split, not copied from their table.",
        ],
        [
            "which baseline does supervisor want",
            "Which baseline does the supervisor insist on?",
            "Is there a rival system that the supervisor wants to see in the table?",
        ],
        [["{b}"]],
        {"b": ["TC-ResNet14", "KWT-2", "MatchboxNet", "DS-CNN"]},
        "",
        "Table tennis in the basement, supervisor of the other group wins always.",
    ),
    Story(
        "idea",
        "two_step_reject",
        [
            "Idea: when the two best scores lie closer than {d}, ask a second look from the residual branch.",
            "Costs nothing for the easy words.",
        ],
        [
            "idea for close scores?",
            "What did you have in mind for cases where the model hesitates between two words?",
            "What was the thought about undecided keywords?",
        ],
        [["residual branch", "second look"]],
        {"d": ["0.05", "0.1", "0.15"]},
        "",
        "Scores of the football match: close, nobody looked at slides.",
    ),
    Story(
        "idea",
        "pitch_stream",
        [
            "What about a separate stream for {p}? Stress could tell words apart that share their phones.",
            "Cheap: one number a frame.",
        ],
        [
            "idea pitch stream what for",
            "Why might intonation be a useful extra input?",
            "What was the hope behind feeding the melody of the voice into the model?",
        ],
        [["Stress", "share their phones"]],
        {"p": ["pitch", "the F0 contour"]},
        "",
        "Stream of the keynote was broken, stress for the organisers.",
    ),
    Story(
        "idea",
        "teacher_model",
        [
            "Could let {t} teach the small net: match its layer {l} output on the base words only.",
            "The big one never has to run on the device.",
        ],
        [
            "distill idea: which teacher",
            "Which large model did you consider to learn from?",
            "Was there a plan to distil from something bigger?",
        ],
        [["{t}"]],
        {"t": ["HuBERT", "WavLM", "wav2vec 2.0"], "l": ["6", "9"]},
        "How long did the distillation take?",
        "Teachers of the school visit want a device to take home, something small.",
    ),
    Story(
        "idea",
        "synthetic_voices",
        ["Maybe make more examples of a new word with a {s} voice generator, then drop the too easy ones."],
        [
            "tts idea for new words?",
            "How did you imagine getting more examples of an unseen word?",
            "What was the notion for enlarging the set of clips of a new keyword?",
        ],
        [["voice generator"]],
        {"s": ["multi speaker", "cheap", "neural"]},
        "",
        "Generator room is locked at weekends, voice of the guard over the intercom.",
    ),
    Story(
        "paper",
        "Angular Margins for Spoken Words",
        [
            "They put a margin of {m} radians between the classes, so that later words find room.",
            "Weak point: all of their words come from one corpus.",
        ],
        [
            "angular margins paper, margin size",
            "What is the main trick of the paper on angular margins?",
            "What do you hold against the angular margins paper?",
        ],
        [["margin of {m}", "one corpus"]],
        {"m": ["0.2", "0.35", "0.5"]},
        "How many parameters does the model of the angular margins paper have?",
        "Margins of the thesis template are too small, corpus of old theses in the library.",
    ),
    Story(
        "paper",
        "Replay Free Listening",
        [
            "No old clips are stored. They keep a {c} matrix of every class and draw fake embeddings from it.",
            "Would need {k} kB a class for us.",
        ],
        [
            "replay free listening: what do they store",
            "How does the replay free paper avoid keeping old recordings?",
            "What does Replay Free Listening keep instead of audio?",
        ],
        [["{c} matrix", "fake embeddings"]],
        {"c": ["covariance", "low rank covariance"], "k": ["16", "64"]},
        "Which dataset is used in Replay Free Listening?",
        "",
    ),
    Story(
        "paper",
        "Small Ears",
        [
            "Small Ears prunes {p} percent of the channels after training and loses half a point.",
            "Their trick is to prune by {b}, not by weight size.",
        ],
        [
            "small ears prune how much",
            "By which criterion does Small Ears throw channels away?",
            "How strongly do they thin out the network in Small Ears?",
        ],
        [["{p} percent", "prune by {b}"]],
        {"p": ["40", "55", "70"], "b": ["gradient noise", "class overlap", "batch norm scale"]},
        "On which chip was Small Ears measured?",
        "Pruning of the trees in front of the window, half of the channels of the radio gone.",
    ),
    Story(
        "paper",
        "reviews",
        ["Second reviewer misses {m}. Everything else is wording.", "Answer needs one new table at most."],
        [
            "what does reviewer 2 want",
            "What was criticised most in the reviews?",
            "Which gap did the second referee point out?",
        ],
        [["{m}"]],
        {"m": ["a streaming test", "an ablation of the noise", "tests with far field speech"]},
        "What score did the first reviewer give?",
        "",
    ),
    Story(
        "data",
        "corpus_cleaning",
        [
            "Removed clips with less than {t} ms of voice, that is {n} files, mostly of `{w}`.",
            "List is kept in `too_short.txt`.",
        ],
        [
            "how many short clips removed",
            "Which recordings were thrown out of the corpus?",
            "What was the rule for discarding recordings?",
        ],
        [["{t} ms", "{n} files"]],
        {"t": ["180", "220", "260"], "n": ["612", "847", "1093"], "w": ["eight", "up", "two"]},
        "",
        "Removed my bike from the cellar, files for the visa are in the office.",
    ),
    Story(
        "data",
        "leak_check",
        [
            "{n} speakers are both in the training and in the test part. Hash of the speaker id is cut off too early.",
            "Fixed in `make_split.py`, old numbers have to be made again.",
        ],
        [
            "speaker leak: how many",
            "Did the same people turn up in training and test?",
            "What is this about people who appear on both sides of the split?",
        ],
        [["{n} speakers", "make_split.py"]],
        {"n": ["17", "23", "41"]},
        "",
        "",
    ),
    Story(
        "server",
        "storage",
        ["Home is limited to {q} GB. Checkpoints belong to `{d}`, that one is wiped after {n} days."],
        [
            "home quota?",
            "How much room is there in the home directory?",
            "Where should I put big model files, and how long do they stay there?",
        ],
        [["{q} GB", "{d}"]],
        {"q": ["50", "80", "120"], "d": ["/scratch2", "/data/tmp", "/bulk"], "n": ["21", "30", "45"]},
        "Are the checkpoints on the server backed up to tape?",
        "Home match on Saturday, limited tickets, scratch on the lens of the camera.",
    ),
    Story(
        "server",
        "booking",
        ["Big card is shared: write into the {s} before {t}, otherwise {w} takes it."],
        [
            "how to book the big card",
            "How is the large GPU divided among people?",
            "What do I have to do to get the large GPU for a night?",
        ],
        [["{s}"]],
        {
            "s": ["shared sheet", "paper list at the door", "chat channel"],
            "t": ["Tuesday", "Thursday"],
            "w": ["Minho", "Lena", "Ravi"],
        },
        "How much does the large GPU cost per hour?",
        "Card games after the seminar, sheet music for the choir.",
    ),
    Story(
        "server",
        "environment_setup",
        [
            "Order on a fresh machine: `module load {c}`, then `source env.sh`, then `bash fetch_gsc.sh`.",
            "The other way round the wheels are built for the wrong driver.",
        ],
        [
            "fresh machine setup order",
            "What has to be done before a new computer can train?",
            "How do I set up the project on a new computer, step by step?",
        ],
        [["module load {c}"], ["fetch_gsc.sh"]],
        {"c": ["cuda/11.8", "cuda/12.1", "cuda/12.4"]},
        "",
        "Fresh fruit in the kitchen, driver of the shuttle knows the order of stops.",
    ),
    Story(
        "observation",
        "confusions",
        ["`{a}` and `{b}` are taken for each other in every session. They differ in the {p} only."],
        [
            "which words get confused most",
            "Which two keywords does the model keep mixing up?",
            "Is there a pair of keywords that is hard to tell apart, and why?",
        ],
        [["{a}"], ["{b}"]],
        {"a": ["bed"], "b": ["bird", "bad", "bet"], "p": ["vowel", "vowel and its length"]},
        "",
        "",
    ),
    Story(
        "observation",
        "attention_maps",
        ["Looked at the attention of the last layer: {n} of the heads sit on the {w} of the word, the rest is flat."],
        [
            "attention heads look where",
            "What did the attention maps reveal?",
            "On which part of a keyword does the network focus?",
        ],
        [["{w} of the word"]],
        {"n": ["three", "five", "two"], "w": ["onset", "first vowel", "end"]},
        "How many parameters sit in the attention layer?",
        "Attention: fire drill tomorrow, heads of groups count people, the rest waits outside.",
    ),
    Story(
        "observation",
        "third_session",
        ["Unseen accuracy breaks down in session {s}. That is where `{w}` comes in, it sounds like a base word."],
        [
            "why does unseen drop in session {s}",
            "What explains the collapse of the unseen words in session {s}?",
            "In session {s} the new words suddenly do badly. Do you know why?",
        ],
        [["sounds like a base word", "`{w}` comes in", "{w}"]],
        {"s": ["2", "3"], "w": ["forward", "follow", "learn"]},
        "",
        "",
    ),
    Story(
        "decision",
        "batchnorm",
        [
            "Running statistics of the norm layers stay {s} in the incremental sessions.",
            "With so few clips they drift and the old words suffer.",
        ],
        [
            "bn stats in incremental sessions?",
            "What happens with batch normalisation once the base session is over, and for what reason?",
            "Do I update the normalisation layers when new words arrive?",
        ],
        [["{s}", "drift"]],
        {"s": ["frozen", "fixed"]},
        "",
        "Statistics course starts again, sessions on Monday, old exams are on the drive.",
    ),
    Story(
        "decision",
        "shots",
        ["We stay with {k} clips for each new word, {m} would look better, but all the others report {k}."],
        [
            "why stick with {k} clips a word",
            "Why do we not enrol with more recordings although the figures would be nicer?",
            "What is the argument for {k} recordings for a new keyword?",
        ],
        [["all the others", "report {k}"]],
        {"k": ["5"], "m": ["10", "20"]},
        "",
        "",
    ),
    Story(
        "how",
        "export_phone",
        ["For the phone: `export_onnx.py --opset {o}`, then int8 with {n} calibration clips. {s} kB at the end."],
        [
            "onnx opset for phone export",
            "How is the model brought onto a phone?",
            "Which steps turn a checkpoint into something that runs on the handset?",
        ],
        [["export_onnx.py", "opset {o}"]],
        {"o": ["13", "17"], "n": ["200", "400"], "s": ["310", "420"]},
        "How many milliseconds does the exported model need on the phone?",
        "Phone of the secretary is on the wall, end of the corridor.",
    ),
    Story(
        "how",
        "reject_threshold",
        ['Threshold for saying "none of them": set so that {p} percent of the foreign words get through.'],
        [
            "reject threshold how chosen",
            "How was the cut-off for unknown words fixed?",
            "By what rule is the point chosen from which an utterance counts as no keyword?",
        ],
        [["{p} percent"]],
        {"p": ["2", "4", "6"]},
        "",
        "Foreign students office moved, validation of tickets in the hall.",
    ),
    Story(
        "next",
        "streaming_plan",
        [
            "Next step for the streaming part: sliding window of {w} s, then smoothing over {n} windows.",
            "First without retraining.",
        ],
        [
            "next step streaming?",
            "How do you intend to go on with streaming?",
            "What comes next for the streaming part?",
        ],
        [["sliding window", "smoothing over {n}"]],
        {"w": ["0.8", "1", "1.2"], "n": ["3", "4", "6"]},
        "",
        "Streaming service for the lab party, window seats are taken.",
    ),
    Story(
        "next",
        "paper_outline",
        ["What is still missing in the draft: {a} and a figure with {b}. Do these before touching the introduction."],
        [
            "draft: what is missing",
            "What has to be added to the manuscript before the introduction gets rewritten?",
            "Which pieces does the manuscript still lack?",
        ],
        [["{a}"], ["{b}"]],
        {
            "a": ["related work", "the appendix", "the ethics part"],
            "b": ["the embedding space", "accuracy against size"],
        },
        "What is the word limit of the abstract?",
        "Draft beer, introduction of new members, figure skating on the lab screen.",
    ),
    Story(
        "debug",
        "git_accident",
        ["Merge threw away my changes in `{f}`. Got them back with `git reflog` and a branch from the lost commit."],
        [
            "lost changes after merge how recovered",
            "How did you rescue the code that vanished?",
            "My edits are gone after merging. How did you recover yours?",
        ],
        [["reflog"]],
        {"f": ["encoder.py", "losses.py"]},
        "",
        "Merge of the two institutes is postponed, branch office stays.",
    ),
]
CLASHES = [
    (
        ("cached_features", "Hop of the cached features is {v} samples."),
        ("plot_tools", "The cached features have a hop of {v} samples, take that for the time axis."),
        ["120", "160", "200", "256"],
        [
            "hop of the cached features?",
            "Which hop do the cached features have?",
            "What hop was used for the cached features?",
        ],
    ),
    (
        ("demo_words", "For the demo we hold back {v} words in total."),
        ("demo_script", "Demo: {v} words are held back in total, the others are shown."),
        ["6", "8", "12", "15"],
        ["demo: how many words held back", "How many words are held back for the demo?"],
    ),
    (
        ("voice_detector", "Voice detector: energy limit is {v} dB below the peak."),
        ("preprocessing_steps", "Cutting silence with the voice detector, energy limit {v} dB below the peak."),
        ["25", "30", "40", "45"],
        ["energy limit of the voice detector?", "Which energy limit does the voice detector use?"],
    ),
]
#: Category, text, and how others name the thing.
TASKS = [
    ("Code", "Split `train.py` into smaller files", "the splitting of train.py"),
    ("Code", "Write a test for the mel filter bank", "the test for the mel filter bank"),
    ("Code", "Add early stopping to the trainer", "early stopping"),
    ("Code", "Remove the dead branch in `losses.py`", "removing the dead branch in losses.py"),
    ("Code", "Make the plots colour blind safe", "making the plots colour blind safe"),
    ("Code", "Log the gradient norm", "logging the gradient norm"),
    ("Code", "Cache the spectrograms as half floats", "caching the spectrograms as half floats"),
    ("Experiments", "Try mixup on the base words", "trying mixup"),
    ("Experiments", "Train with only the male speakers", "the training with only male speakers"),
    ("Experiments", "Repeat the reference with another seed", "repeating the reference with another seed"),
    ("Experiments", "Check the effect of label smoothing", "checking label smoothing"),
    ("Experiments", "Measure the speed on the Raspberry", "measuring the speed on the Raspberry"),
    ("Experiments", "Evaluate on the German word list", "the evaluation on the German word list"),
    ("Experiments", "Run t-SNE on the prototypes", "t-SNE on the prototypes"),
    ("Paper", "Draw the system overview", "drawing the system overview"),
    ("Paper", "Shorten the abstract", "shortening the abstract"),
    ("Paper", "Ask the co-authors for their affiliations", "asking the co-authors for affiliations"),
    ("Paper", "Update the bibliography file", "updating the bibliography"),
    ("Paper", "Write the limitations paragraph", "the limitations paragraph"),
    ("Study", "Read the survey on continual learning", "reading the survey on continual learning"),
    ("Study", "Go through the chapter on hidden Markov models", "the chapter on hidden Markov models"),
    ("Study", "Watch the lecture on variational inference", "watching the lecture on variational inference"),
    ("Study", "Solve the exercises on Fourier series", "solving the exercises on Fourier series"),
    ("Lab", "Order a new headset", "ordering a new headset"),
    ("Lab", "Prepare slides for the group meeting", "preparing slides for the group meeting"),
    ("Lab", "Return the borrowed microphone", "returning the borrowed microphone"),
    ("Lab", "Book the recording booth", "booking the recording booth"),
    ("Lab", "Label the network cables", "labelling the network cables"),
    ("Others", "Renew the parking permit", "renewing the parking permit"),
    ("Others", "Fill in the travel form", "filling in the travel form"),
    ("Others", "Apply for the summer school in Lisbon", "applying for the summer school in Lisbon"),
    ("Others", "Send the invoice to the office", "sending the invoice"),
    ("Others", "Back up the old laptop", "backing up the old laptop"),
    ("Code", "Replace argparse by a config file", "replacing argparse by a config file"),
]
ADRIFT = [
    "Long day. Nothing to write.",
    "What should I do first tomorrow... make a list.",
    "Coffee machine is broken again.",
    "Think the plots need bigger letters.",
    "Talked with a friend about startups, not useful.",
    "I should sleep earlier.",
    "Maybe a walk helps to think.",
    "Cleaned up the desk and the desktop.",
    "Seminar was about protein folding, did not follow.",
    "Wrote mails the whole morning.",
    "Too many tabs open in the browser.",
    "The projector in the small room flickers.",
    "Learned a new shortcut for neovim folds.",
    "Had lunch with the other group.",
    "Need to stop reading news.",
    "Good music today: piano trios.",
    "Bus was late, started at ten.",
    "Tried another font for the terminal.",
    "Somebody should water the plants.",
    "Rain. Worked from home.",
]
SIDE_NOTES = [
    ("diffusion", "Diffusion models start from noise and walk back in small steps."),
    ("beamforming", "Beamforming: delay and sum first, then the adaptive kinds."),
    ("diarisation", "Who speaks when: clustering of speaker vectors, then smoothing by hand."),
    ("phonology", "Vowel charts, tongue height against backness."),
    ("statistics", "Bootstrap needs no normal distribution."),
    ("optimisation", "Momentum is a heavy ball that rolls down."),
    ("graphs", "Message passing in graphs, sum or mean over neighbours."),
    ("music", "Beat tracking works by autocorrelation of onsets."),
    ("vision", "Patches of an image become tokens."),
    ("robotics", "A robot arm with six joints, inverse kinematics by hand."),
    ("latex", "Tables with booktabs look calmer."),
    ("neovim", "Key maps live in one file now."),
]


def number(value: float) -> str:
    """A figure as it is written: three decimals at most, no trailing zeros."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def day_forms(day: Date) -> list[str]:
    """Ways in which an answer may name a day."""
    month = day.strftime("%B")
    forms = [day.isoformat(), day.strftime("%Y/%m/%d"), day.strftime("%Y%m%d")]
    return [*forms, f"{day.day} {month}", f"{month} {day.day}", f"{day.day} {month[:3]}", f"{month[:3]} {day.day}"]


@dataclass
class Job:
    """A job on the server with what came of it. changes: options that differ from the usual command."""

    changes: dict[str, str]
    config: dict[str, str] = field(default_factory=dict)
    start: Date = Date.min
    end: Date | None = None
    ended: str = "finished"
    overall: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    unseen: list[float] = field(default_factory=list)
    harmonic: list[float] = field(default_factory=list)
    said: str = ""
    verdict: str = ""
    verdict_day: Date | None = None
    verdict_place: str = ""
    copy_of: Job | None = None
    wrong_mean: bool = False
    interim: list[float] = field(default_factory=list)
    interim_day: Date | None = None
    best_session: list[float] = field(default_factory=list)
    sweep: list[Job] = field(default_factory=list)
    swept: str = ""
    said_epochs: str = ""
    chain: Job | None = None
    server: str = ""
    tail: str = ""
    result: list[str] = field(default_factory=list)
    table: bool = False

    @property
    def sound(self) -> bool:
        """Whether its figures may be compared with others."""
        return bool(self.overall) and not (self.verdict or self.copy_of or self.wrong_mean or self.sweep)

    def days(self) -> list[Date]:
        """Every day on which it left a trace."""
        return [d for d in (self.start, self.interim_day, self.end) if d]

    def places(self) -> list[str]:
        """Where it stands."""
        return [p for p in [self.server, *self.result] if p]


class Page:
    """One note: day headings in its own forms, oldest first, with lines under each."""

    def __init__(self, name: str, rng: random.Random, forms: Sequence[str]) -> None:
        self.name, self.rng, self.forms = name, rng, forms
        self.days: dict[Date, list[str]] = {}
        self.tails: dict[Date, list[str]] = {}
        self.top: list[str] = []
        self.headings: dict[Date, str] = {}

    def heading(self, day: Date) -> str:
        """The heading of a day, always the same one."""
        if day not in self.headings:
            self.headings[day] = day.strftime(self.rng.choice(self.forms))
            self.days.setdefault(day, [])
        return self.headings[day]

    def place(self, day: Date) -> str:
        """Where a day stands."""
        return f"{self.name}#{self.heading(day)}"

    def add(self, day: Date, lines: Iterable[str]) -> str:
        """Writes lines under a day and gives their place."""
        place = self.place(day)
        self.days[day].extend(lines)
        return place

    def text(self) -> str:
        """The file."""
        out = ["---", f"id: {self.name}", "aliases: []", "tags: []", "---", "", f"# {self.name}", "", *self.top]
        for day in sorted(self.days):
            blank = " " if self.rng.random() < 0.3 else ""
            out += [f"## {self.headings[day]}{blank}", *self.days[day], *self.tails.get(day, []), ""]
        return "\n".join(out) + "\n"


class Daybook:
    """Draws a journal and its questions."""

    def __init__(self, root: Path, seed: int, notes: int) -> None:
        self.rng = random.Random(f"daybook-{seed}")
        self.root, self.notes = root, notes
        self.questions: list[Question] = []
        self.asked: set[str] = set()
        self.pages: dict[str, Page] = {}
        self.plain: dict[str, str] = {}
        self.jobs: list[Job] = []
        self.start = Date(2023, 1, 1) + self.rng.randrange(0, 900) * DAY
        while not 2 <= self.start.month <= 8:  # A journal stays within one year: a month's name says which.
            self.start += DAY
        self.length = self.rng.randrange(78, 105)
        self.end = min(self.start + self.length * DAY, Date(self.start.year, 12, 12))
        gap = self.rng.randrange(25, 50)
        self.gap = (self.start + gap * DAY, self.start + (gap + self.rng.randrange(9, 13)) * DAY)
        self.today = self.end + self.rng.randrange(1, 4) * DAY
        forms = ["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"]
        self.rng.shuffle(forms)
        self.forms = forms[: self.rng.choice([1, 2, 3])]
        self.sessions = self.rng.choice([4, 5, 5, 6])
        self.info = self.rng.choice(["sh full config", "sh gsc2.sh"])
        self.glued = self.rng.random() < 0.5
        self.used: set[str] = set()

    # Writing

    def page(self, name: str) -> Page:
        """The note of a name."""
        if name not in self.pages:
            self.pages[name] = Page(name, self.rng, self.forms if self.rng.random() < 0.8 else self.forms[:1])
        return self.pages[name]

    def slip(self, line: str, keep: Iterable[str] = ()) -> str:
        """A line with a typing slip now and then, never in a word that matters."""
        if self.rng.random() > 0.3:
            return line
        held = " ".join(keep).lower()
        words = [w for w in re.findall(r"(?<![\w`/.\-#\[])[a-z]{6,}(?![\w`/.\-\]])", line) if w not in held]
        if not words:
            return line
        word = self.rng.choice(words)
        at = self.rng.randrange(1, len(word) - 2)
        return line.replace(word, word[:at] + word[at + 1] + word[at] + word[at + 2 :], 1)

    def make(self) -> None:
        """Draws all, writes the vault, asks."""
        self.draw_jobs()
        self.write_jobs()
        self.write_tasks()
        self.write_stories()
        self.write_clashes()
        self.write_rest()
        self.root.mkdir(parents=True, exist_ok=True)
        for page in self.pages.values():
            (self.root / f"{page.name}.md").write_text(page.text(), "utf-8")
        for name, text in self.plain.items():
            (self.root / f"{name}.md").write_text(text, "utf-8")
        for ask in (
            self.ask_intervals,
            self.ask_best,
            self.ask_counts,
            self.ask_figures,
            self.ask_options,
            self.ask_compare,
            self.ask_effects,
            self.ask_tasks,
            self.ask_stories,
            self.ask_doubt,
            self.ask_as_of,
            self.ask_absent,
        ):
            ask()
        self.rng.shuffle(self.questions)
        while len(self.questions) > 128:
            kinds = Counter(q.kind for q in self.questions if q.answered)
            most = kinds.most_common(1)[0][0]
            self.questions.remove(next(q for q in self.questions if q.kind == most))

    # Runs

    def new_figure(self, low: float, high: float) -> float:
        """A figure with three decimals that no other run has."""
        while True:
            text = f"{self.rng.uniform(low, high):.3f}"
            if text[-1] != "0" and text not in self.used:
                self.used.add(text)
                return float(text)

    def arrays(self, job: Job, last: float, first: float | None = None) -> None:
        """Draws the four arrays. last: accuracy after the last session."""
        n = self.sessions
        top = first or self.new_figure(92.0, 97.5)
        drop = [0.0]
        for i in range(n):
            drop.append(drop[-1] + 1.0 + 0.5 * self.rng.random() + 0.1 * i)
        job.overall = [top] + [round(top - (top - last) * d / drop[-1] + 0.0004, 3) for d in drop[1:-1]] + [last]
        job.seen = [round(top - 0.4 - 0.9 * i - self.rng.random() * 0.5, 3) for i in range(n)]
        shift = self.rng.uniform(12, 13)
        job.unseen = [round(o - shift - 0.7 * i, 3) for i, o in enumerate(job.overall[1:])]
        job.harmonic = [round(2 * s * u / (s + u), 3) for s, u in zip(job.seen, job.unseen, strict=True)]
        if number(job.harmonic[-1]) in self.used or number(job.unseen[-1]) in self.used:
            self.arrays(job, last, top)
        self.used |= {number(job.harmonic[-1]), number(job.unseen[-1])}

    def draw_jobs(self) -> None:
        """Draws the series: the usual command, one change at a time, pairs of changes, and what went wrong."""
        rng = self.rng
        usual = {"project": rng.choice(["base", "comp", "trans", "primitive"]), "dataset": "gsc2"}
        usual |= {o: v for o, (v, _, _) in STUDIED.items() if v}
        usual |= {"epochs_base": rng.choice(["60", "80", "100"]), "sequential_layer": "None"}
        for option, value in [("schedule", "Cosine"), ("gpu", "0"), ("shot", "5"), ("spec_aug_mode", "spec")]:
            if rng.random() < 0.7:
                usual[option] = value
        self.usual = usual
        names = rng.sample(sorted(STUDIED), 8)
        if "noise_prob" not in names and rng.random() < 0.6:
            names[0] = "noise_prob"
        if "loss_lpc" not in names and rng.random() < 0.6:
            names[1] = "loss_lpc"
        singles: list[dict[str, str]] = []
        for option in names[:6]:
            values = rng.sample(STUDIED[option][1], rng.choice([1, 1, 1, 2, 3]))
            singles += [{option: v} for v in values]
        layers = rng.choice([["GRU"], ["Transformer"], ["GRU", "Transformer"]])
        singles += [{"sequential_layer": v} for v in layers]
        pairs: list[dict[str, str]] = []
        while len(pairs) < 12 + self.notes // 60:
            one, two = rng.sample(singles, 2)
            both = {**one, **two}
            if len(both) == 2 and both not in pairs:
                pairs.append(both)
            elif len(pairs) > len(singles) * 2:
                break
        self.swept = names[6]
        self.spare = names[7]
        jobs = [Job(c) for c in singles + pairs]
        rng.shuffle(jobs)
        jobs.insert(0, Job({}))
        self.worth: dict[str, float] = {}
        middle = rng.uniform(62, 67)
        for job in jobs:
            for option, value in job.changes.items():
                if option not in self.worth:
                    self.worth[option] = rng.choice([-1, 1]) * rng.uniform(1.2, 3.4)
                self.worth.setdefault(f"{option} {value}", self.worth[option] + rng.uniform(-0.7, 0.7))
            mean = middle + sum(self.worth[f"{o} {v}"] for o, v in job.changes.items())
            self.arrays(job, self.new_figure(mean - 0.35, mean + 0.35))
        plain = [j for j in jobs[1:] if len(j.changes) == 2]
        rng.shuffle(plain)
        marked = iter(plain)
        for ended in ["stopped", "nan", rng.choice(["stopped", "nan"])]:
            job = next(marked)
            job.ended, job.overall = ended, []
        job = next(marked)
        job.verdict = rng.choice(
            ["This result is from wrong code.", "Wrong code, do not use.", "Wrong branch was checked out."]
        )
        if rng.random() < 0.5:
            self.arrays(job, self.new_figure(75.6, 77.5), job.overall[0])
        copy = next(marked)
        job = next(marked)
        job.wrong_mean = True
        spot = rng.randrange(1, self.sessions - 1)
        job.harmonic[spot] = round(job.harmonic[spot] + rng.choice([-1, 1]) * rng.uniform(5, 8), 3)
        single = [j for j in jobs[1:] if len(j.changes) == 1]
        rng.shuffle(single)
        single[0].said_epochs = str(int(usual["epochs_base"]) + rng.choice([20, 50, 70]))
        mid = sorted(j.overall[-1] for j in jobs if j.sound)
        inside = (mid[2], mid[-3])
        halfway = next(j for j in single[1:] if inside[0] < j.overall[-1] < inside[1])
        halfway.interim = [
            halfway.overall[0],
            *[round(v - 1.337 - 0.21 * i, 3) for i, v in enumerate(halfway.overall[1:])],
        ]
        two_sets = next((j for j in single[1:] if j is not halfway and inside[0] < j.overall[-1] < inside[1]), None)
        if two_sets:
            two_sets.best_session = [round(v + 0.118, 3) for v in two_sets.overall[:-1]] + [
                round(two_sets.overall[-1] - 0.527, 3)
            ]
        sweep = Job({}, swept=self.swept, table=rng.random() < 0.4)
        for value in sorted(rng.sample(STUDIED[self.swept][1], 3), key=float):
            part = Job({self.swept: value})
            self.arrays(part, self.new_figure(inside[0], inside[1]))
            sweep.sweep.append(part)
        jobs.insert(rng.randrange(6, len(jobs)), sweep)
        for _ in range(4):  # A chain stands right behind the one that it names.
            at = rng.randrange(3, len(jobs) - 1)
            head = jobs[at]
            if head.sound and not head.chain and head.changes and not head.said_epochs and not head.interim:
                extra = next((o for o in names[:6] if o not in head.changes and o != "noise_prob"), None)
                if extra:
                    job = Job({**head.changes, extra: rng.choice(STUDIED[extra][1])}, chain=head)
                    if not any(j.changes == job.changes for j in jobs):
                        worth = self.worth.get(extra, 0) + head.overall[-1]
                        self.arrays(job, self.new_figure(worth - 0.35, worth + 0.35))
                        jobs.insert(at + 1, job)
        silent = Job({self.spare: rng.choice(STUDIED[self.spare][1])}, ended="silent")
        jobs.insert(rng.randrange(4, len(jobs)), silent)
        running = Job(
            {self.spare: rng.choice([v for v in STUDIED[self.spare][1] if v != silent.changes[self.spare]])},
            ended="running",
        )
        jobs.append(running)
        where = jobs.index(copy)
        source = next(
            (j for j in jobs[max(0, where - 5) : where] if j.sound and not j.interim and not j.best_session), None
        )
        if source:
            copy.copy_of = source
            for name in ("overall", "seen", "unseen", "harmonic"):
                setattr(copy, name, list(getattr(source, name)))
        self.jobs = jobs
        self.date_jobs()
        for job in jobs:
            job.config = {**usual, **job.changes}
            job.said = self.describe(job)

    def date_jobs(self) -> None:
        """Gives each job its days, none in the holiday."""
        rng, jobs = self.rng, self.jobs
        days = [self.start + i * DAY for i in range((self.end - self.start).days)]
        days = [d for d in days if not self.gap[0] <= d <= self.gap[1] and d < self.end - DAY]
        picks = sorted(rng.sample(days, min(len(days), int(len(jobs) * 0.85))))
        while len(picks) < len(jobs):
            picks.append(rng.choice(picks))
        picks.sort()
        for job, day in zip(jobs, picks, strict=True):
            job.start = day
            if job.overall or job.sweep:
                lag = rng.choice([0, 1, 1, 2])
                if job.interim:
                    job.interim_day, lag = day + DAY, 3
                job.end = min(day + lag * DAY, self.end)
                late = max(job.end, job.interim_day or job.end)
                if day < self.gap[0] <= late:
                    job.end = day
                    job.interim, job.interim_day = [], None
                if job.interim and job.interim_day and job.end <= job.interim_day:
                    job.interim, job.interim_day = [], None
            if job.chain and (job.start < job.chain.start or job.chain.ended != "finished"):
                job.chain = None
        jobs[-1].start = self.end - DAY
        alone = [
            j
            for j in jobs
            if j.sound and j.changes and j.end and not (j.interim or j.best_session or j.said_epochs or j.chain)
            if sum(j.end in k.days() for k in jobs) == 1 and not any(k.copy_of is j or k.chain is j for k in jobs)
            if j.end < self.end - 12 * DAY
        ]
        if alone and rng.random() < 0.8:
            job = rng.choice(alone)
            assert job.end
            job.verdict, job.verdict_day = "later", job.end + rng.randrange(4, 12) * DAY

    def describe(self, job: Job) -> str:
        """What the researcher writes about a job."""
        rng = self.rng
        if job.sweep:
            values = ", ".join(p.changes[job.swept] for p in job.sweep)
            return f"Sweep over `{job.swept}`: {values}."
        parts = []
        for option, value in job.changes.items():
            if option == "sequential_layer":
                parts.append(f"{value} as `sequential_layer`")
            elif option == "loss_lpc" and rng.random() < 0.3:
                parts.append(f"`lpc_loss` {value}")
            else:
                parts.append(f"`{option}` {value}")
        if job.said_epochs:
            parts.append(f"{job.said_epochs} epochs")
        if not parts:
            return rng.choice(["Plain model with the usual setting.", "Reference, nothing changed."])
        return ", ".join(parts) + "."

    def command(self, config: dict[str, str]) -> list[str]:
        """A command, one option a line."""
        options = [o for o in ORDER if o in config]
        quote = self.rng.choice(['"', "'"])
        lines = [f"python train.py {config['project']} \\"]
        for i, option in enumerate(options):
            value = config[option]
            if option in ("sequential_layer", "schedule", "spec_aug_mode"):
                value = f"{quote}{value}{quote}"
            last = i == len(options) - 1
            tail = " \\" if not last or self.rng.random() < 0.3 else ""
            if tail and self.glued and self.rng.random() < 0.3:
                tail = "\\"
            lines.append(f"  -{option} {value}{tail}")
        return lines

    def write_jobs(self) -> None:
        """Server.md and Experiments.md."""
        rng = self.rng
        server, results = self.page("Server"), self.page("Experiments")
        order = sorted(self.jobs, key=lambda j: j.start)
        half = rng.randrange(len(order) // 3, len(order))
        for job in self.jobs[2:]:
            alone = sum(job.end in (j.end, j.interim_day) for j in self.jobs if j.end) == 1
            if job.end and alone and not job.interim and not job.sweep and rng.random() < 0.1:
                job.tail = f"Experiments-{job.end.strftime(rng.choice(self.forms))}"
        for i, job in enumerate(order):
            info = self.info if i < half else "sh gsc2.sh"
            box = {"running": "[-]", "finished": "[x]"}.get(job.ended, rng.choice(["[x]", "[-]"]))
            if job.ended in ("stopped", "nan", "silent"):
                box = "[x]"
            lines = [f"- {box} {job.said}"]
            if rng.random() < 0.25:
                wrong = rng.choice(["formant_residul", "Server", "transformer_modul"])
                lines += ["  > [!note]", f"  > Code : [[{wrong}#{(job.start - 40 * DAY).isoformat()}]]"]
            if job.chain:
                link = f"[[#{server.heading(job.chain.start)}]]"
                new = {o: v for o, v in job.changes.items() if job.chain.changes.get(o) != v}
                changed = ", ".join(f"`{o}` {v}" for o, v in new.items())
                others = [j for j in self.jobs if j.start == job.chain.start and j is not job.chain]
                if others:
                    job.chain = None
                else:
                    lines[0] = f"- {box} Exactly the same with {link}, only {changed}."
            if not job.chain:
                lines += ["", f"```{info}"]
                if job.sweep:
                    for n, part in enumerate(job.sweep):
                        lines += ([""] if n else []) + self.command({**self.usual, **part.changes})
                else:
                    lines += self.command(job.config)
                if rng.random() < 0.1:
                    lines[-1] += "```"
                else:
                    lines.append("```")
            job.server = server.place(job.start)
            if job.ended == "stopped":
                lines.append(
                    rng.choice(["Stopped.", "> Stopped, somebody needed the card.", "> [!warning] Stopped by hand."])
                )
            elif job.ended == "nan":
                lines.append(
                    rng.choice(["NaN occurs.", "> [!error] NaN in the loss.", "> [!fail]  NaN from the start."])
                )
            elif job.end and rng.random() < 0.9:
                day = job.end if rng.random() < 0.93 else job.end + 200 * DAY  # a broken link now and then
                named = job.tail or (results.heading(day) if day == job.end else day.isoformat())
                lines += [rng.choice(["> [!note] Result", "> [!Note] Result"]), f"> [[Experiments#{named}]]"]
            server.add(job.start, [*lines, "---"])
        if rng.random() < 0.5:
            listed = rng.sample(
                [j for j in self.jobs if j.end and not j.tail and not j.sweep and j.end in results.days], 3
            )
            rows = [f"| [[#{results.heading(j.end)}]] | {j.said.rstrip('.')} |" for j in listed if j.end]
            results.top = ["```", "| day | what |", "| --- | --- |", *rows[:-1], rows[-1] + "```", ""]
        before: Job | None = None
        for job in sorted((j for j in self.jobs if j.end), key=lambda j: j.end or j.start):
            self.write_result(job, before)
            before = job
        for job in self.jobs:
            if job.verdict == "later" and job.verdict_day and job.end:
                heading = job.result[0].partition("#")[2]
                text = rng.choice(
                    [
                        "Numbers of [[Experiments#{}]] are wrong, old checkpoint was loaded. Do not use them.",
                        "Found it: [[Experiments#{}]] was made with the wrong weights file. That result is invalid.",
                    ]
                ).format(heading)
                job.verdict_place = self.page("Scratch").add(job.verdict_day, [f"- [!fail] {text}"])

    def write_result(self, job: Job, before: Job | None) -> None:
        """One record of Experiments.md."""
        rng, results = self.rng, self.page("Experiments")
        assert job.end
        link = f"> Server : [[Server#{self.page('Server').heading(job.start)}]]"
        if job.interim and job.interim_day:
            lines = [f"> {job.said}", f"> Interim result, {rng.choice(['half', 'two thirds'])} of the epochs.", link]
            job.result.append(results.add(job.interim_day, [*lines, show(job.interim), ""]))
        said = job.said
        between = [
            j for j in self.jobs if j.interim_day and before and before.end and before.end <= j.interim_day <= job.end
        ]
        same = (
            before
            and before.sound
            and not before.said_epochs
            and not before.sweep
            and not before.chain
            and not between
            and not job.sweep
        )
        if same and before and set(before.changes) < set(job.changes) and not job.chain:
            new = {o: v for o, v in job.changes.items() if before.changes.get(o) != v}
            if all(job.changes.get(o) == v for o, v in before.changes.items()):
                said = (
                    "Same setting with the experiment above, " + ", ".join(f"`{o}` {v}" for o, v in new.items()) + "."
                )
        body: list[str] = []
        if job.sweep and job.table:
            body = [f"> {said}", link, f"| `{job.swept}` | last acc | last harmonic mean |", "| --- | --- | --- |"]
            body += [
                f"| {p.changes[job.swept]} | {number(p.overall[-1])} | {number(p.harmonic[-1])} |" for p in job.sweep
            ]
        elif job.sweep:
            for part in job.sweep:
                body += [f"> `{job.swept}` {part.changes[job.swept]}", link, *four(part), ""]
        else:
            style = rng.random()
            if style < 0.2 and not job.verdict and not job.best_session:
                body = [f"```txt {said.rstrip('.')}", *four(job), "```", link]
            elif style < 0.4:
                body = ["> [!note] Config", f"> {said}", link]
            else:
                body = [f"> {said}", link]
            if job.verdict and job.verdict != "later":
                body.insert(rng.choice([0, len(body)]), f"> [!fail] {job.verdict}")
            if job.best_session:
                body += ["Result with best last-but-one session", show(job.best_session), "", "Final result"]
            if not body[0].startswith("```"):
                body += four(job)
            body += self.remark(job)
        body.append("")
        older = [d for d in results.days if d < job.end and results.days[d]]
        kept = {j.end for j in self.jobs if j.verdict == "later"}
        if job.tail and older and max(older) not in kept:
            results.tails.setdefault(max(older), []).extend([f"### {job.tail}", *body])
            job.result += [f"Experiments#{job.tail}", results.place(max(older))]
        else:
            job.result.append(results.add(job.end, body))
        for part in job.sweep:
            part.server, part.result, part.start, part.end = job.server, job.result, job.start, job.end

    def remark(self, job: Job) -> list[str]:
        """At most one remark."""
        if self.rng.random() > 0.3:
            return []
        reference = self.jobs[0]
        if job is reference or not job.sound:
            return []
        up = job.overall[-1] > reference.overall[-1]
        return ["- Ends higher than the reference." if up else "- Ends lower than the reference."]

    # To-do notes

    def write_tasks(self) -> None:
        """A to-do note for every month, with every state; an item may come again under a later day of the month."""
        rng = self.rng
        self.tasks: list[dict[str, Any]] = []
        texts = rng.sample(TASKS, len(TASKS))
        wanted = [" "] * 6 + ["x"] * 13 + ["-"] * 2 + [">"] * 3 + ["~"] * 2
        rng.shuffle(wanted)
        days = [self.start + i * DAY for i in range((self.end - self.start).days)]
        days = sorted(rng.sample([d for d in days if not self.gap[0] <= d <= self.gap[1]], 18))
        blocks: dict[Date, dict[str, list[str]]] = {}
        for state, (category, text, other) in zip(wanted, texts, strict=False):
            day = rng.choice(days)
            seen_at = [day]
            after = [d for d in days if d > day and d.month == day.month]
            if after and rng.random() < 0.35:
                seen_at.append(rng.choice(after))
            for n, at in enumerate(seen_at):
                now = state if n == len(seen_at) - 1 else " "
                line = f"- [ ] ~~{text}~~" if now == "~" else f"- [{now}] {text}"
                lines = [line]
                if now == "x" and rng.random() < 0.2:
                    lines.append("  > [!success] Done.")
                blocks.setdefault(at, {}).setdefault(category, []).extend(lines)
            self.tasks.append(
                {
                    "state": state,
                    "text": text,
                    "other": other,
                    "category": category,
                    "day": seen_at[-1],
                    "days": seen_at,
                }
            )
        self.plans: list[tuple[Date, list[str], str]] = []
        spare = texts[len(wanted) :]
        form = rng.choice(self.forms)
        for day in rng.sample(days, 2):
            two = [spare.pop(), spare.pop()]
            blocks.setdefault(day, {})["Tomorrow"] = [f"- {text}" for _, text, _ in two]
            self.plans.append((day, [text for _, text, _ in two], f"Tomorrow-{day.strftime(form)}"))
        self.left = spare
        for day in sorted(blocks):
            page = self.page(day.strftime("%B"))
            for category in sorted(blocks[day], key=lambda c: c == "Tomorrow"):
                head = f"{category}-{day.strftime(form)}"
                page.add(day, [f"### {head}", *blocks[day][category]])
        for task in self.tasks:
            day = task["day"]
            assert isinstance(day, Date)
            month = day.strftime("%B")
            task["places"] = [f"{month}#{task['category']}-{day.strftime(form)}", self.page(month).place(day)]

    # Prose

    def write_stories(self) -> None:
        """Draws the stories of this journal and writes each under a day of its note."""
        rng = self.rng
        count = rng.randrange(20, 25)
        drawn = rng.sample(STORIES, count)
        self.absent = [s for s in STORIES if s not in drawn]
        self.told: list[tuple[Story, dict[str, str], str, Date]] = []
        for story in drawn:
            values = {k: rng.choice(v) for k, v in story.slots.items()}
            keep = [f.format(**values) for forms in story.must for f in forms]
            days = [self.start + i * DAY for i in range((self.end - self.start).days)]
            day = rng.choice(days)
            scratch = story.kind != "paper" and rng.random() < 0.2
            page = self.page("Scratch" if scratch else story.note)
            while page.days.get(day):
                day = rng.choice(days)
            lines = [self.slip(line.format(**values), keep) for line in story.lines]
            if rng.random() < 0.2:
                lines[0] = f"{rng.randrange(9, 19):02}:{rng.randrange(60):02}:{rng.randrange(60):02} : {lines[0]}"
            kind = rng.random()
            if kind < 0.2:
                box = rng.choice(["note", "tip", "important", "NOTE"])
                body = ["---", f"> [!{box}]", *[f"> {line}" for line in lines], "---"]
            else:
                body = [f"- {line}" for line in lines] if kind < 0.8 else [*lines]
            place = page.add(day, body)
            self.told.append((story, values, place, day))

    def write_clashes(self) -> None:
        """Two notes that give different values for one thing."""
        rng = self.rng
        self.clashes: list[tuple[str, list[str], list[str], list[str]]] = []
        for (one, line_one), (two, line_two), values, questions in rng.sample(CLASHES, 2):
            a, b = rng.sample(values, 2)
            days = [self.start + i * DAY for i in range((self.end - self.start).days)]
            places = []
            for note, line, value in [(one, line_one, a), (two, line_two, b)]:
                page = self.page(note)
                day = rng.choice([d for d in days if not page.days.get(d)])
                places.append(page.add(day, ["- " + line.format(v=value)]))
            self.clashes.append((rng.choice(questions), [a, b], places, []))

    def write_rest(self) -> None:
        """Notes that share words with the stories without answering anything, and the journal's chatter."""
        rng = self.rng
        scratch = self.page("Scratch")
        free = [self.start + i * DAY for i in range((self.end - self.start).days)]
        free = [d for d in free if not scratch.days.get(d)]
        for line in rng.sample(ADRIFT, min(len(ADRIFT), 14)):
            scratch.add(rng.choice(free), ["- " + self.slip(line)])
        near = [s.beside for s in STORIES if s.beside]
        rng.shuffle(near)
        while near and len(self.pages) + len(self.plain) < self.notes:
            name = rng.choice(["reading_group", "seminar", "course_notes", "lab_meeting", "reading_list"])
            name = f"{name}_{len(self.plain) + 1}"
            lines = [near.pop() for _ in range(min(3, len(near)))] + rng.sample(ADRIFT, 2)
            self.plain[name] = note_text(name, [self.slip(line) for line in lines])
        while len(self.pages) + len(self.plain) < self.notes:
            topic, what = rng.choice(SIDE_NOTES)
            who = rng.choice(["talk", "lecture", "summary", "thoughts", "slides", "chapter"])
            name = f"{topic}_{who}_{len(self.plain) + 1}"
            lines = [what, *rng.sample(ADRIFT, rng.randrange(2, 6))]
            self.plain[name] = note_text(name, [self.slip(line) for line in lines])

    # Asking

    def ask(
        self,
        kind: str,
        desk: Sequence[str],
        advisor: Sequence[str],
        labmate: Sequence[str],
        answered: bool = True,
        must: Sequence[Sequence[str]] = (),
        lead: Sequence[Sequence[str]] = (),
        never: Sequence[str] = (),
        sections: Sequence[Sequence[str]] = (),
        allowed: Sequence[str] = (),
        as_of: Date | None = None,
        today: Date | None = None,
    ) -> None:
        """One question in the words of one of the three askers."""
        hands = [h for h in (desk, advisor, labmate) if h]
        text = self.rng.choice(self.rng.choice(hands))
        if text in self.asked:
            return
        self.asked.add(text)
        self.questions.append(
            Question(
                id=f"d{len(self.questions) + 1:03}",
                kind=kind,
                question=text,
                today=(today or self.today).isoformat(),
                answered=answered,
                must=[list(m) for m in must],
                lead=[list(m) for m in lead],
                never=list(never),
                sections=[list(dict.fromkeys(s)) for s in sections],
                allowed=list(dict.fromkeys(allowed)),
                as_of=as_of.isoformat() if as_of else "",
            )
        )

    def say(self, day: Date, who: str = "") -> str:
        """A day as people name it."""
        month = day.strftime("%B")
        forms = [f"{day.day} {month}", f"{month} {day.day}", day.isoformat()]
        if who == "desk":
            forms = [
                f"{day.day} {month[:3].lower()}",
                f"{day.day} {month.lower()}",
                day.isoformat(),
                day.strftime("%Y/%m/%d"),
            ]
        return self.rng.choice(forms)

    def within(self, first: Date, last: Date) -> list[Job] | None:
        """Jobs of an interval; None when a job lies across its edge."""
        inside = []
        for job in self.jobs:
            begun, ended = min(job.days()), max(job.days())
            if first <= begun and ended <= last:
                inside.append(job)
            elif begun <= last and first <= ended:
                return None
        return inside

    def known_by(self, job: Job) -> list[str]:
        """Texts by which an answer shows that it lists a job."""
        forms = []
        if job.sweep:
            forms += [number(p.overall[-1]) for p in job.sweep]
        elif job.overall:
            forms += [number(job.overall[-1]), number(job.harmonic[-1])]
        forms += [job.said.rstrip("."), job.said.rstrip(".").replace("`", "")]
        if len(job.changes) == 1:
            forms += [f"{o} {v}" for o, v in job.changes.items()]
        return forms

    def ask_intervals(self) -> None:
        """What ran in an interval, in many wordings."""
        rng = self.rng
        spans: list[tuple[list[str], list[str], list[str], Date, Date, Date]] = []
        for _ in range(40):
            a = self.start + rng.randrange(0, self.length - 5) * DAY
            b = a + rng.randrange(2, 10) * DAY
            d1, d2 = self.say(a, "desk"), self.say(b, "desk")
            p1, p2 = self.say(a), self.say(b)
            spans.append(
                (
                    [f"runs {d1} - {d2}?", f"what ran {d1} to {d2}", f"jobs between {d1} and {d2}"],
                    [f"What was run between {p1} and {p2}?", f"Which experiments fall in the days from {p1} to {p2}?"],
                    [
                        f"Which trainings did you launch from {p1} through {p2}?",
                        f"Could you list the jobs from {p1} until {p2}, please?",
                    ],
                    a,
                    b,
                    self.today,
                )
            )
            spans.append(
                (
                    [f"runs on {d1}", f"what ran on {d1}?"],
                    [f"What did you run on {p1}?", f"Which experiment took place on {p1}?"],
                    [f"What was the server working on on {p1}?", f"Which training was done on {p1}?"],
                    a,
                    a,
                    self.today,
                )
            )
            monday = a - a.weekday() * DAY
            m1 = self.say(monday)
            spans.append(
                (
                    [f"runs week of {self.say(monday, 'desk')}"],
                    [f"What was run in the week of {m1}?"],
                    [f"Which jobs ran in the week that begins on {m1}?"],
                    monday,
                    monday + 6 * DAY,
                    self.today,
                )
            )
            saturday = monday + 5 * DAY
            spans.append(
                (
                    [f"what ran on the weekend of {self.say(saturday, 'desk')}"],
                    [f"Did anything run over the weekend of {self.say(saturday)}?"],
                    [f"Which jobs did you leave running on the weekend of {self.say(saturday)}?"],
                    saturday,
                    saturday + DAY,
                    self.today,
                )
            )
        for month in range(self.start.month, self.end.month + 1):
            name = calendar.month_name[month]
            first = Date(self.start.year, month, 1)
            last = Date(self.start.year, month, calendar.monthrange(self.start.year, month)[1])
            for words, a, b in [
                (f"first half of {name}", first, first + 14 * DAY),
                (f"second half of {name}", first + 15 * DAY, last),
                (f"first ten days of {name}", first, first + 9 * DAY),
                (f"first week of {name}", first, first + 6 * DAY),
            ]:
                spans.append(
                    (
                        [f"runs {words}", f"what ran in the {words}?"],
                        [f"What was run in the {words}?", f"Which experiments did you do in the {words}?"],
                        [f"Which jobs belong to the {words}?"],
                        a,
                        b,
                        self.today,
                    )
                )
        edge = self.end - rng.randrange(4, 14) * DAY
        spans.append(
            (
                [f"runs since {self.say(edge, 'desk')}"],
                [f"What has been run since {self.say(edge)}?"],
                [f"Which jobs were started since {self.say(edge)}?"],
                edge,
                self.end + 9 * DAY,
                self.today,
            )
        )
        edge = self.start + rng.randrange(6, 14) * DAY
        spans.append(
            (
                [f"everything before {self.say(edge, 'desk')}: which runs"],
                [f"Which experiments were done before {self.say(edge)}?"],
                [f"Which jobs ran earlier than {self.say(edge)}?"],
                self.start - DAY,
                edge - DAY,
                self.today,
            )
        )
        for ahead in range(0, 5):
            now = self.end + ahead * DAY
            spans.append(
                (
                    ["runs yesterday?"],
                    ["What did you run yesterday?"],
                    ["Which job did you start yesterday?"],
                    now - DAY,
                    now - DAY,
                    now,
                )
            )
            spans.append(
                (
                    ["runs this month"],
                    ["What has been run this month?"],
                    ["Which jobs belong to this month?"],
                    now.replace(day=1),
                    now,
                    now,
                )
            )
            monday = now - (now.weekday() + 7) * DAY
            week = self.within(monday, monday + 6 * DAY)
            rough = self.within(now - 7 * DAY, now)
            if week is not None and week == rough:
                spans.append(
                    (
                        ["runs last week?"],
                        ["What did you run last week?"],
                        ["Which jobs ran last week?"],
                        monday,
                        monday + 6 * DAY,
                        now,
                    )
                )
            for back in (5, 10):
                if self.within(now - back * DAY, now) == self.within(now - (back - 1) * DAY, now):
                    spans.append(
                        (
                            [f"last {back} days runs"],
                            [f"What has been run over the last {back} days?"],
                            [f"Which trainings were done in the past {back} days?"],
                            now - (back - 1) * DAY,
                            now,
                            now,
                        )
                    )
        rng.shuffle(spans)
        months = "|".join(calendar.month_name[1:])
        turns: dict[str, int] = {}
        order: list[int] = []
        for span in spans:  # Every wording takes its turn.
            shape = re.sub(rf"[\d/-]+|{months}", "", span[2][0])
            turns[shape] = turns.get(shape, 0) + 1
            order.append(turns[shape])
        spans = [span for _, span in sorted(zip(order, spans, strict=True), key=lambda pair: pair[0])]
        busy = [d for t in self.tasks if t["category"] == "Experiments" for d in t["days"]]
        busy += [d for s, _, _, d in self.told if s.kind in ("debug", "server")]
        asked, empty, lone, one_day = 0, 0, 0, 0
        words_seen: set[object] = set()
        for desk, advisor, labmate, a, b, today in spans:
            inside = self.within(a, b)
            if inside is None:
                continue
            if not inside:
                clear = self.start < a and b < self.end and not any(a <= d <= b for d in busy)
                if a == b and lone >= 2:
                    continue
                if clear and empty < 4 and (a, b) not in words_seen and "run on" not in labmate[0]:
                    empty += 1
                    lone += a == b
                    words_seen.add((a, b))
                    self.ask("runs-none", desk, advisor, labmate, answered=False, today=today)
                continue
            if len(inside) > 6 or (a == b and one_day >= 2) or asked >= 10 or (a, b) in words_seen:
                continue
            words_seen.add((a, b))
            one_day += a == b
            asked += 1
            far = [
                j
                for j in self.jobs
                if j.overall
                and not j.copy_of
                and all(d < a - DAY or d > b + DAY for d in j.days())
                and j not in inside
                and not any(k.copy_of is j for k in inside)
                and not any(k.chain is j or j.chain is k for k in inside)
            ]
            far.sort(key=lambda j: min(abs((d - a).days) for d in j.days()))
            self.ask(
                "runs",
                desk,
                advisor,
                labmate,
                must=[self.known_by(j) for j in inside],
                never=[number(j.overall[-1]) for j in far[:4]],
                sections=[j.places() for j in inside],
                today=today,
            )

    def metrics(self) -> list[tuple[str, list[str], list[str], list[str], Callable[[Job], float]]]:
        """Name, its wordings by asker, and how to read it."""
        return [
            (
                "final accuracy",
                ["final acc", "last session acc"],
                ["final accuracy", "accuracy after the last session"],
                ["overall accuracy after the last session", "final accuracy"],
                lambda j: j.overall[-1],
            ),
            (
                "final harmonic mean",
                ["final harmonic mean", "last session hm (harmonic mean)"],
                ["final harmonic mean", "harmonic mean after the last session"],
                ["harmonic mean in the last session", "final harmonic mean"],
                lambda j: j.harmonic[-1],
            ),
            (
                "base accuracy",
                ["base session acc", "base acc"],
                ["accuracy in the base session", "base session accuracy"],
                ["accuracy of the base session", "base session accuracy"],
                lambda j: j.overall[0],
            ),
            (
                "final unseen",
                ["last unseen acc", "final unseen acc"],
                ["unseen accuracy after the last session", "final unseen accuracy"],
                ["unseen accuracy in the last session", "final unseen accuracy"],
                lambda j: j.unseen[-1],
            ),
        ]

    def results(self) -> list[Job]:
        """All records with arrays, sweeps part by part."""
        return [j for j in self.jobs if j.overall] + [p for j in self.jobs for p in j.sweep]

    def ask_best(self) -> None:
        """Best and worst, over all and with a filter."""
        rng = self.rng
        everyone = self.results()
        filters: list[tuple[str, str, str, Callable[[Job], bool]]] = [("", "", "", lambda j: True)]
        for option in sorted({o for j in everyone for o in j.changes}):
            for value in sorted({j.changes[option] for j in everyone if option in j.changes}):

                def match(j: Job, option: str = option, value: str = value) -> bool:
                    return j.changes.get(option) == value

                name = f"`{option}` {value}" if option != "sequential_layer" else f"{value}"
                filters.append((f" with {name.replace('`', '')}", f" with {name}", f" that used {name}", match))
        for month in sorted({j.end.month for j in everyone if j.end}):
            first = Date(self.start.year, month, 1)
            last = Date(self.start.year, month, calendar.monthrange(self.start.year, month)[1])
            if self.within(first, last) is not None:
                word = calendar.month_name[month]

                def in_month(j: Job, month: int = month) -> bool:
                    return bool(j.end and j.end.month == month)

                filters.append((f" {word.lower()}", f" in {word}", f" from {word}", in_month))
        done = 0
        options = [(f, m, way) for f in filters for m in self.metrics() for way in ("best", "worst")]
        rng.shuffle(options)
        options.sort(key=lambda o: o[0][0] != "" or rng.random() < 0.5)
        seen: dict[str, int] = {}
        tops: list[Job] = []
        for (desk_filter, advisor_filter, mate_filter, fits), (name, d, a, m, read), way in options:
            pool = [j for j in everyone if fits(j)]
            sound = [j for j in pool if j.sound]
            tabled = any(j.table and any(fits(p) for p in j.sweep) for j in self.jobs)
            if len(sound) < 2 or done >= 9 or (tabled and name in ("base accuracy", "final unseen")):
                continue
            if seen.get(desk_filter, 0) >= (3 if not desk_filter else 1):
                continue
            sign = 1 if way == "best" else -1
            ranked = sorted(sound, key=lambda j: -sign * read(j))
            top = ranked[0]
            if abs(read(top) - read(ranked[1])) < 0.15 or (top.best_session or top.interim):
                continue
            rivals = [j for j in pool if not j.sound and sign * read(j) > sign * read(top) - 0.1]
            if any(j.copy_of or j.wrong_mean for j in rivals) or any(j.copy_of is top for j in everyone):
                continue
            if any(p.best_session or p.interim for p in pool if sign * read(p) > sign * read(top) - 3):
                continue
            if rivals and way == "worst":
                continue
            if sum(t is top for t in tops) > 2 or (any(t is top for t in tops) and rng.random() < 0.6):
                continue
            tops.append(top)
            seen[desk_filter] = seen.get(desk_filter, 0) + 1
            done += 1
            among = f" among the runs{advisor_filter}" if advisor_filter else ""
            high, low = ("best", "highest") if way == "best" else ("worst", "lowest")
            value = number(read(top))
            self.ask(
                "best",
                [f"{high} {x}{desk_filter}" for x in d] + [f"{low} {x}{desk_filter}?" for x in d],
                [f"What is the {low} {x} so far{among}?" for x in a]
                + [f"Which run{advisor_filter} has the {low} {x}, and how much is it?" for x in a],
                [f"Of the runs{mate_filter}, which one has the {low} {x}?" for x in m]
                + [f"Among the runs{mate_filter}, what is the {low} {x} and which run is it?" for x in m]
                if desk_filter
                else [f"Which setting reached the {low} {x} of all?" for x in m]
                + [f"Which experiment has the {low} {x} of all?" for x in m],
                must=[[value]],
                sections=[top.result],
                allowed=[top.server, *[p for j in pool for p in j.places()]],
            )
        for option in sorted({o for j in self.jobs for o in j.changes if not j.sweep}):
            holders = [j for j in self.jobs if option in j.changes] + [j for j in self.jobs if j.swept == option]
            holders.sort(key=lambda j: j.start)
            if done >= 12 or len(holders) < 3 or option == "sequential_layer" or rng.random() < 0.4:
                continue
            way = rng.choice(["first", "last"])
            job = holders[0] if way == "first" else holders[-1]
            if sum(j.start == job.start for j in holders) > 1 or job.sweep or job.chain or job.ended != "finished":
                continue
            usual = self.usual.get(option)
            said = f"{option} other than {usual}" if usual else option
            other = f" different from {usual}" if usual else ""
            done += 1
            self.ask(
                "first-last",
                [f"{way} run with {said}, when started?", f"{way} time I started a {said} run"],
                [
                    f"When was a run with `{option}`{other} started for the {way} time?",
                    f"On which day did you launch the {way} run with {said}?",
                ],
                [
                    f"Which day did the {way} job with {said} start?",
                    f"When did you {'first' if way == 'first' else 'most recently'} begin a job with {said}?",
                ],
                must=[day_forms(job.start)],
                sections=[[job.server]],
                allowed=job.places(),
            )

    def ask_counts(self) -> None:
        """How many, in an interval or above a figure."""
        rng = self.rng
        asked = 0
        for _ in range(200):
            a = self.start + rng.randrange(0, self.length - 20) * DAY
            b = a + rng.randrange(6, 20) * DAY
            inside = self.within(a, b)
            if not inside or any(j.sweep for j in inside) or len(inside) < 3 or asked >= 2:
                continue
            asked += 1
            d1, d2, p1, p2 = self.say(a, "desk"), self.say(b, "desk"), self.say(a), self.say(b)
            self.ask(
                "count",
                [f"how many runs {d1} - {d2}", f"number of runs from {d1} to {d2}?"],
                [f"How many runs were started between {p1} and {p2}?"],
                [f"How many jobs did you launch from {p1} to {p2}?"],
                lead=[counted(len(inside))],
                allowed=[p for j in inside for p in j.places()],
            )
        everyone = self.results()
        for name, d, a_words, m, read in self.metrics()[:2]:
            groups = [everyone, [j for j in everyone if j.sound], [j for j in self.jobs if j.sound]]
            ways = ["above", "below"]
            rng.shuffle(ways)
            limits = [(way, limit) for way in ways for limit in rng.sample(range(54, 76), 22)]
            for way, limit in limits:
                high = way == "above"
                counts = {sum((read(j) > limit) == high for j in group) for group in groups}
                shaky = [j for j in everyone if j.interim or j.best_session]
                edge = any(abs(read(j) - limit) < 2 for j in shaky)
                n = min(counts)
                if len(counts) > 1 or edge or not 2 <= n <= 9:
                    continue
                self.ask(
                    "count",
                    [f"how many runs with {d[0]} {way} {limit}", f"number of runs {way} {limit} {d[0]}?"],
                    [f"How many runs lie {way} {limit} in {a_words[0]}?"],
                    [f"How many of the runs are {way} {limit} in {m[0]}?"],
                    lead=[counted(n)],
                )
                break
            assert name
        dead = [j for j in self.jobs if j.ended in ("stopped", "nan")]
        for ended, words in [("nan", ("NaN", "NaN")), ("stopped", ("stopped", "Stopped"))]:
            group = [j for j in dead if j.ended == ended]
            self.ask(
                "runs-failed",
                [f"which runs {'went nan' if ended == 'nan' else 'were stopped'}?"],
                [f"Which runs {'broke down with NaN' if ended == 'nan' else 'were stopped before they were done'}?"],
                [f"Were there jobs that {'ran into NaN' if ended == 'nan' else 'you stopped'}? Which ones?"],
                must=[[*self.known_by(j), *day_forms(j.start)] for j in group],
                sections=[[j.server] for j in group],
            )
            assert words
        for month in range(self.start.month, self.end.month + 1):
            bad = [j for j in [*dead, *(j for j in self.jobs if j.verdict)] if (j.end or j.start).month == month]
            late = any(j.verdict_day and j.verdict_day.month != j.end.month for j in self.jobs if j.end)
            if not bad or late or any(j.end and j.end.month != j.start.month for j in bad) or rng.random() < 0.4:
                continue
            name = calendar.month_name[month]
            self.ask(
                "runs-failed",
                [f"failed runs {name.lower()}", f"what went wrong with the runs in {name.lower()}"],
                [f"What went wrong with the runs in {name}?", f"Which runs of {name} are of no use, and why?"],
                [f"Which jobs of {name} failed or gave a result that does not count?"],
                must=[[*self.known_by(j), *day_forms(j.start), *(day_forms(j.end) if j.end else [])] for j in bad],
                sections=[[*j.places(), *([j.verdict_place] if j.verdict_place else [])] for j in bad],
                allowed=[p for j in self.jobs for p in j.places()],
            )
        running = [j for j in self.jobs if j.ended == "running"]
        self.ask(
            "runs-running",
            ["whats running now", "running job?"],
            ["Is anything running at the moment?", "What is the server doing right now?"],
            ["Which job is still in progress on the server?", "What is training at the moment?"],
            must=[self.known_by(j) for j in running],
            sections=[[j.server] for j in running],
        )

    def singled(self, job: Job) -> tuple[str, str, str, list[str]] | None:
        """Words that mean one job alone, by asker, and what they lean on."""
        rng = self.rng
        ways = []
        if job.end and not job.interim and not job.best_session:
            on_day = [j for j in self.jobs if set(j.days()) & {job.end}]
            if on_day == [job]:
                when = self.say(job.end)
                ways.append(
                    (self.say(job.end, "desk") + " run", f"the result of {when}", f"the result recorded on {when}")
                )
        others = [j for j in self.jobs if j is not job]
        if len(job.changes) == 1:
            ((option, value),) = job.changes.items()
            if not any(j.changes.get(option) == value for j in others) and not any(
                j.swept == option and any(p.changes[option] == value for p in j.sweep) for j in others
            ):
                shown = f"{option} {value}" if option != "sequential_layer" else value
                short = shown.replace("loss_", "").replace("_base", "")
                if rng.random() < 0.3:
                    short = shown
                ways.append((short, f"the run with {shown}", f"the job where {option} is {value}"))
        if len(job.changes) == 2 and job.end:
            same = [j for j in others if all(j.changes.get(o) == v for o, v in job.changes.items())]
            if not same:
                shown = " and ".join(f"{o} {v}" if o != "sequential_layer" else v for o, v in job.changes.items())
                ways.append((shown.replace(" and ", " + "), f"the run with {shown}", f"the job with both {shown}"))
        if not ways:
            return None
        one, two, three = rng.choice(ways)
        return one, two, three, []

    def ask_figures(self) -> None:
        """A figure of one run."""
        rng = self.rng
        jobs = [j for j in self.jobs if j.sound and not j.best_session and not j.interim]
        rng.shuffle(jobs)
        asked = 0
        for job in jobs:
            named = self.singled(job)
            if not named or asked >= 8 or any(j.copy_of is job for j in self.jobs):
                continue
            asked += 1
            desk, advisor, mate, _ = named
            _, d, a, m, read = rng.choice(self.metrics())
            value = number(read(job))
            self.ask(
                "figure",
                [f"{desk} {x}" for x in d] + [f"{x} of {desk}?" for x in d],
                [f"What {x} did {advisor} reach?" for x in a] + [f"How high is the {x} of {advisor}?" for x in a],
                [f"Can you tell me the {x} of {mate}?" for x in m] + [f"I need the {x} of {mate}." for x in m],
                must=[[value]],
                lead=[[value]],
                sections=[job.result],
                allowed=job.places(),
            )
        for job in [j for j in self.jobs if j.interim and j.end and j.interim_day]:
            if [j for j in self.jobs if job.interim_day in j.days()] != [job]:
                continue
            assert job.interim_day
            when = self.say(job.interim_day)
            value = number(job.overall[-1])
            self.ask(
                "figure",
                [f"interim of {self.say(job.interim_day, 'desk')}: what was the final acc in the end"],
                [f"On {when} you noted an interim result. What final accuracy did that run end with?"],
                [f"The numbers of {when} are interim. Which accuracy did that job have in the end, last session?"],
                must=[[value]],
                sections=[[job.result[-1]]],
                allowed=job.places(),
            )
        for sweep in [j for j in self.jobs if j.sweep]:
            ranked = sorted(sweep.sweep, key=lambda p: -p.overall[-1])
            if ranked[0].overall[-1] - ranked[1].overall[-1] < 0.1:
                continue
            if ranked[0].harmonic[-1] != max(p.harmonic[-1] for p in ranked):
                continue
            option, value = sweep.swept, ranked[0].changes[sweep.swept]
            self.ask(
                "best",
                [f"best {option} in the sweep?", f"{option} sweep winner by final acc"],
                [f"Which value came out on top when you swept {option}?", f"Which {option} won the sweep?"],
                [f"In the sweep over {option}, which value gave the highest final accuracy?"],
                must=[[number(ranked[0].overall[-1]), f"{option}` {value}", f"{option} {value}", f"{option}={value}"]],
                lead=[[value]],
                sections=[sweep.result],
                allowed=sweep.places(),
            )

    def ask_options(self) -> None:
        """An option of one run."""
        rng = self.rng
        jobs = [j for j in self.jobs if not j.sweep and not j.said_epochs and j.changes]
        rng.shuffle(jobs)
        jobs.sort(key=lambda j: j.chain is None)
        asked = 0
        for job in jobs:
            named = self.singled(job)
            if not named or asked >= 6:
                continue
            desk, advisor, mate, _ = named
            pool = [o for o in ("lr_base", "decay", "temperature", "epochs_base", "batch_size_base", "noise_prob")]
            pool = [o for o in pool if o in job.config and (o not in job.changes or " run" in desk)]
            pool = [o for o in pool if o not in desk]
            if not pool:
                continue
            changed = [o for o in pool if o in job.changes]
            option = rng.choice(changed if changed and rng.random() < 0.7 else pool)
            said = {"epochs_base": "number of base epochs"}.get(option) or STUDIED[option][2][0]
            value = job.config[option]
            places = [job.server]
            if job.chain:
                places = [job.chain.server, job.server]
            asked += 1
            self.ask(
                "option",
                [f"{option} of {desk}?", f"which {option} in {desk}"],
                [f"Which {said} did {advisor} use?", f"With what {said} was {advisor} obtained?"],
                [f"What {said} was set for {mate}?", f"I want to repeat {mate}; which {said} did you take?"],
                must=[[value]],
                lead=[[value]],
                sections=[places],
                allowed=[*job.places(), *(job.chain.places() if job.chain else [])],
            )

    def ask_compare(self) -> None:
        """Two runs beside each other."""
        rng = self.rng
        jobs = [
            j
            for j in self.jobs
            if j.sound and not j.interim and not j.best_session and not any(k.copy_of is j for k in self.jobs)
        ]
        asked = 0
        for _ in range(60):
            one, two = rng.sample(jobs, 2)
            a, b = self.singled(one), self.singled(two)
            if not a or not b or asked >= 3 or one.changes == two.changes:
                continue
            gap = one.overall[-1] - two.overall[-1]
            if abs(gap) < 0.3 or gap * (one.harmonic[-1] - two.harmonic[-1]) <= 0:
                continue
            if (" run" in a[0] and " run" not in b[0]) or (" run" in b[0] and " run" not in a[0]):
                continue
            asked += 1
            self.ask(
                "compare",
                [f"compare {a[0]} vs {b[0]}", f"{a[0]} vs {b[0]} final acc"],
                [f"How does {a[1]} compare with {b[1]}?", f"Which is better in final accuracy: {a[1]} or {b[1]}?"],
                [
                    f"What is the difference in final accuracy between {a[2]} and {b[2]}?",
                    f"Put {a[2]} beside {b[2]}, please: final accuracy of both.",
                ],
                must=[[number(one.overall[-1])], [number(two.overall[-1])]],
                sections=[one.result, two.result],
                allowed=[*one.places(), *two.places()],
            )

    def ask_effects(self) -> None:
        """What one option did, where one pair alone shows it."""
        jobs = [j for j in self.results() if j.sound]
        for option in [*STUDIED, "sequential_layer"]:
            touched = [j for j in jobs if option in j.changes]
            pairs = []
            for one in touched:
                rest = {o: v for o, v in one.changes.items() if o != option}
                pairs += [(other, one) for other in jobs if other.changes == rest]
                pairs += [
                    (other, one)
                    for other in touched
                    if other is not one and {o: v for o, v in other.changes.items() if o != option} == rest
                ]
            if not pairs or len(touched) > 5 or any(j.swept == option for j in self.jobs):
                continue
            ups = {b.overall[-1] > a.overall[-1] for a, b in pairs if option not in a.changes}
            means = {b.harmonic[-1] > a.harmonic[-1] for a, b in pairs if option not in a.changes}
            close = any(abs(b.overall[-1] - a.overall[-1]) < 0.4 for a, b in pairs if option not in a.changes)
            based = [(a, b) for a, b in pairs if option not in a.changes]
            if (
                len(ups) != 1
                or ups != means
                or close
                or any(b.interim or b.best_session or b.said_epochs for _, b in based)
            ):
                continue
            if any(j.copy_of is x or j.copy_of is y for j in self.jobs for x, y in based):
                continue
            up = ups.pop()
            forms = list(YES if up else NO)
            for a, b in based:
                gap = abs(b.overall[-1] - a.overall[-1])
                signs = ["+"] if up else ["-", "\u2212"]
                forms += [f"{sign}{text}" for sign in signs for text in (number(gap), f"{gap:.2f}", f"{gap:.1f}")]
            usual = self.usual.get(option)
            values = {b.changes[option] for _, b in based}
            value = next(iter(values))
            if option in PLAINLY and option != "sequential_layer":
                words = PLAINLY[option]
                self.ask(
                    "effect",
                    [f"did {option} help?", f"{option} any gain?"],
                    [f"Did {words} pay off in final accuracy?", f"Was {words} worth it?"],
                    [
                        f"Does {words} improve the final accuracy?",
                        f"Should I keep {words} on, going by the final accuracy?",
                    ],
                    must=[[number(b.overall[-1]) for _, b in based]],
                    lead=[forms],
                    sections=[list(dict.fromkeys(p for _, b in based for p in b.result))],
                    allowed=[p for a, b in pairs for p in [*a.places(), *b.places()]],
                )
            elif len(values) == 1 and len(based) == 1:
                a, b = based[0]
                self.ask(
                    "effect",
                    [f"{option} {usual} -> {value}: better or worse?", f"effect of {option} {value} on final acc"],
                    [f"Did going from {usual} to {value} in {option} pay off?"],
                    [
                        f"Is the final accuracy higher with {option} {value} than with the usual {usual}?",
                        f"What did changing {option} from {usual} to {value} do to the final accuracy?",
                    ],
                    must=[[number(a.overall[-1])], [number(b.overall[-1])]],
                    lead=[forms],
                    sections=[a.result, b.result],
                    allowed=[*a.places(), *b.places()],
                )

    def ask_tasks(self) -> None:
        """Open, done, ongoing, deferred and struck tasks."""
        rng = self.rng

        def text(task: dict[str, Any]) -> str:
            return str(task["text"])

        def of(states: str, **where: object) -> list[dict[str, Any]]:
            return [t for t in self.tasks if t["state"] in states and all(t[k] == v for k, v in where.items())]

        def put(
            kind: str,
            tasks: list[dict[str, Any]],
            never: list[str],
            desk: list[str],
            advisor: list[str],
            mate: list[str],
        ) -> None:
            if not tasks or len(tasks) > 8:
                return
            self.ask(
                kind,
                desk,
                advisor,
                mate,
                must=[[text(t)] for t in tasks],
                never=never,
                sections=[t["places"] for t in tasks],
                allowed=[p for t in self.tasks for p in t["places"]],
            )

        done = [text(t) for t in of("x")]
        opened = [text(t) for t in of(" ")]
        put(
            "task-open",
            of(" "),
            done,
            ["whats left todo", "open tasks?", "what have i not done yet"],
            ["What is still to be done?", "Which tasks has nobody touched yet?"],
            ["Which of the to-do items are still open?", "I take over from you: which tasks are left?"],
        )
        put(
            "task-ongoing",
            of("-"),
            [*done, *opened],
            ["ongoing tasks", "whats in progress in the todo"],
            ["Which tasks are you in the middle of?", "Which tasks are under way?"],
            ["Which to-do items have been begun but not finished?"],
        )
        put(
            "task-deferred",
            of(">"),
            [*done, *opened],
            ["deferred tasks?", "what did i postpone"],
            ["Which tasks were put off?", "What has been postponed?"],
            ["Which to-do items did you move to later?"],
        )
        put(
            "task-struck",
            of("~"),
            [*done, *opened],
            ["cancelled tasks?", "struck out todos"],
            ["Which tasks did you give up?", "What was dropped from the list?"],
            ["Which to-do items are crossed out?"],
        )
        months = sorted({t["day"].month for t in self.tasks})
        for month in months:
            name = calendar.month_name[month]
            here = [t for t in of("x") if t["day"].month == month]
            wrong = [text(t) for t in self.tasks if t not in here and t["state"] != "~"]
            if rng.random() < 0.5:
                put(
                    "task-done",
                    here,
                    wrong,
                    [f"done in {name.lower()}", f"finished tasks {name.lower()}"],
                    [f"Which tasks did you finish in {name}?", f"What got ticked off in {name}?"],
                    [f"Which to-do items of {name} are completed?"],
                )
            left = [t for t in of(" ") if t["day"].month == month]
            wrong = [text(t) for t in of(" x") if t not in left]
            if rng.random() < 0.6:
                put(
                    "task-open",
                    left,
                    wrong,
                    [f"open todos {name.lower()}", f"what is left from {name.lower()}"],
                    [f"Which tasks of {name} are still open?"],
                    [f"Which items in the {name} to-do list were never tried?"],
                )
        states = [t for t in self.tasks if t["state"] in " x-"]
        for task in rng.sample(states, 5):
            other = str(task["other"])
            forms = {
                "x": ["Yes", "yes", "[x]", "ticked", "done", "Done", "finished", "Finished", "completed"],
                " ": ["No", "no,", "not ", "[ ]", "open", "Open", "never tried"],
                "-": [
                    "ongoing",
                    "Ongoing",
                    "[-]",
                    "in progress",
                    "In progress",
                    "under way",
                    "not finished",
                    "Not yet",
                    "No,",
                ],
            }[str(task["state"])]
            self.ask(
                "task-state",
                [f"{other} done?", f"status of {other}"],
                [f"Have you finished {other}?", f"How far is {other}?"],
                [f"Has {other} been done already?", f"What is the state of {other}?"],
                must=[[text(task)]],
                lead=[forms],
                sections=[task["places"]],
            )
        for day, texts, head in self.plans:
            when = self.say(day)
            self.ask(
                "next",
                [
                    f"tomorrow list of {self.say(day, 'desk')}?",
                    f"what did i plan on {self.say(day, 'desk')} for tomorrow",
                ],
                [
                    f"What had you put down on {when} for the following day?",
                    f"On {when}, what was planned for the next day?",
                ],
                [f"What was scheduled for tomorrow in the list of {when}?"],
                must=[[t] for t in texts],
                sections=[[f"{day.strftime('%B')}#{head}", self.page(day.strftime("%B")).place(day)]],
            )
        for _, missing, other in rng.sample(self.left, 2):
            assert missing
            self.ask(
                "task-none",
                [f"{other} done?"],
                [f"Have you finished {other}?"],
                [f"Has {other} been done already?"],
                answered=False,
            )

    def ask_stories(self) -> None:
        """Prose, in other words than the note's; near misses beside it."""
        rng = self.rng
        for story, values, place, _ in self.told:
            hands = [[q.format(**values)] for q in story.asks]
            order = rng.sample(hands, len(hands))
            for hand in order[: rng.choice([1, 1, 1, 2])]:
                self.ask(
                    story.kind,
                    hand,
                    [],
                    [],
                    must=[[f.format(**values) for f in forms] for forms in story.must],
                    sections=[[place]],
                )
        near = [s for s, _, _, _ in self.told if s.near]
        for story in rng.sample(near, min(7, len(near))):
            self.ask("near-miss", [story.near], [], [], answered=False)

    def ask_doubt(self) -> None:
        """What should not be trusted."""
        rng = self.rng
        retracted = [j for j in self.jobs if j.verdict]
        if retracted:
            groups = [[j.verdict_place, *j.result] if j.verdict_place else list(j.result) for j in retracted]
            self.ask(
                "doubt",
                ["which results are wrong / retracted?", "results not to use?"],
                ["Which results turned out to be invalid?", "Are there results that had to be withdrawn?"],
                [
                    "Which results did you mark as wrong?",
                    "Which records should I not build on because you called them wrong?",
                ],
                must=[[*(day_forms(j.end) if j.end else []), number(j.overall[-1])] for j in retracted],
                sections=groups,
                allowed=[p for j in self.jobs for p in j.places()],
            )
        for job in retracted:
            alone = [j for j in self.jobs if job.end in j.days()] == [job]
            if not alone or not job.end:
                continue
            when, value = self.say(job.end), number(job.overall[-1])
            self.ask(
                "doubt",
                [
                    f"can i trust the result of {self.say(job.end, 'desk')}?",
                    f"is {value} of {self.say(job.end, 'desk')} ok?",
                ],
                [f"Can we put the {value} of {when} into the paper?", f"Is the result of {when} sound?"],
                [f"May I rely on the numbers of {when}?"],
                lead=[
                    ["No", "no,", "Not ", "not ", "wrong", "Wrong", "invalid", "[!fail]", "leak", "retracted", "fail"]
                ],
                must=[["wrong", "Wrong", "invalid", "leaked", "Do not use"]],
                sections=[[job.verdict_place, *job.result] if job.verdict_place else list(job.result)],
                allowed=job.places(),
            )
        for job in [j for j in self.jobs if j.copy_of]:
            source = job.copy_of
            assert source and job.end and source.end
            forms = [day_forms(job.end), day_forms(source.end)]
            self.ask(
                "doubt",
                ["any results pasted twice?", "two records with the same arrays?"],
                ["Are there two experiments with exactly the same figures?"],
                ["Did you ever copy a result under the wrong experiment? The figures would be identical."],
                must=[[*f, *self.known_by(j)[2:]] for f, j in zip(forms, [job, source], strict=True)],
                sections=[job.result, source.result],
                allowed=[p for j in self.jobs for p in j.places()],
            )
        for job in [j for j in self.jobs if j.wrong_mean]:
            assert job.end
            self.ask(
                "doubt",
                ["harmonic mean that does not fit seen/unseen?", "any harmonic mean off?"],
                ["Is there a harmonic mean that does not follow from its seen and unseen accuracy?"],
                ["Is any of the harmonic means miscalculated? Which record?"],
                must=[[*day_forms(job.end), *map(number, job.harmonic[1:-1])]],
                sections=[job.result],
                allowed=[p for j in self.jobs for p in j.places()],
            )
        for job in [j for j in self.jobs if j.said_epochs]:
            named = self.singled(job)
            if not named:
                continue
            desk, advisor, mate, _ = named
            self.ask(
                "doubt",
                [f"{desk}: epochs in text vs command?", f"how many epochs really, {desk}"],
                [f"Is it clear how many epochs {advisor} was trained for?"],
                [f"How many base epochs did {mate} have? Text and command should agree, do they?"],
                must=[[job.said_epochs], [job.config["epochs_base"]]],
                sections=[[job.server]],
                allowed=job.places(),
            )
        for question, values, places, _ in self.clashes:
            self.ask("doubt", [question], [], [], must=[[v] for v in values], sections=[[p] for p in places])
        assert rng

    def ask_as_of(self) -> None:
        """As if nothing later existed."""
        rng = self.rng
        everyone = self.results()
        asked, told_tops = 0, set()
        for _ in range(60):
            day = self.start + rng.randrange(18, self.length - 8) * DAY
            if asked >= 3 or self.within(self.start - DAY, day) is None or self.within(self.start - DAY, day) == []:
                continue
            pool = [j for j in everyone if j.end and j.end <= day]
            late = [j for j in pool if j.verdict == "later" and j.verdict_day and j.verdict_day > day]
            sound = [j for j in pool if j.sound] + late
            _, d, a, m, read = rng.choice(self.metrics()[:2])
            if len(sound) < 3 or any(j.sweep and j.end and j.end <= day for j in self.jobs):
                continue
            ranked = sorted(sound, key=lambda j: -read(j))
            top = ranked[0]
            if read(top) - read(ranked[1]) < 0.15 or top.best_session or top.interim:
                continue
            if any(read(j) > read(top) - 0.1 and not j.verdict for j in pool if j not in sound):
                continue
            if any(p.copy_of is top for p in everyone) or len(top.result) > 1:
                continue
            now = max((read(j) for j in everyone if j.sound), default=0)
            if now == read(top) or id(top) in told_tops:
                continue
            told_tops.add(id(top))
            asked += 1
            if top not in late and rng.random() < 0.5:
                when = self.say(day)
                self.ask(
                    "as-of",
                    [f"best {x} up to {self.say(day, 'desk')}" for x in d],
                    [f"What was the best {x} we had by {when}?" for x in a],
                    [f"On {when}, which of the runs done until then was best in {x}?" for x in m],
                    must=[[number(read(top))]],
                    sections=[top.result],
                    allowed=[p for j in pool for p in j.places()],
                )
                continue
            self.ask(
                "as-of",
                [f"best {x} so far" for x in d],
                [f"What is the best {x} up to now?" for x in a],
                [f"Which run leads in {x} at this point?" for x in m],
                must=[[number(read(top))]],
                sections=[top.result],
                allowed=[p for j in pool for p in j.places()],
                as_of=day,
                today=day,
            )
        for _ in range(60):
            day = self.start + rng.randrange(10, self.length - 8) * DAY
            started = sorted((j for j in self.jobs if j.start <= day), key=lambda j: j.start)
            if asked >= 3 or not started or sum(j.start == started[-1].start for j in started) > 1:
                continue
            job = started[-1]
            if job.sweep or job.chain:
                continue
            asked += 1
            self.ask(
                "as-of",
                ["newest job on the server?", "what did i start last"],
                ["Which run was started most recently?", "What is the newest run on the server?"],
                ["Which job was launched last?"],
                must=[[*self.known_by(job), *day_forms(job.start)]],
                sections=[[job.server]],
                allowed=job.places(),
                as_of=day,
                today=day,
            )
        told = [(s, v, p, d) for s, v, p, d in self.told if d > self.start + 12 * DAY and not s.loose]
        for story, values, _, day in rng.sample(told, 3):
            before = day - rng.randrange(2, 8) * DAY
            hand = story.asks[rng.randrange(len(story.asks))].format(**values)
            if hand in self.asked:
                continue
            self.ask("as-of-none", [hand], [], [], answered=False, as_of=before, today=before)

    def ask_absent(self) -> None:
        """What the notes do not answer."""
        rng = self.rng
        for story in rng.sample(self.absent, min(9, len(self.absent))):
            if not story.loose:
                values = {k: rng.choice(v) for k, v in story.slots.items()}
                self.ask("absent", [rng.choice(story.asks).format(**values)], [], [], answered=False)
        for option in rng.sample(sorted(UNUSED), 2):
            value = UNUSED[option]
            self.ask(
                "option-never",
                [f"{option} {value} result", f"best run with {option}?"],
                [f"What did the runs with {option} {value} give?", f"Did `{option}` help?"],
                [f"Which run used {option} {value}?", f"What came out when you set {option} to {value}?"],
                answered=False,
            )
        for option in rng.sample(sorted({o for j in self.jobs for o in j.changes if o in STUDIED}), 2):
            used = {j.changes.get(option) for j in self.jobs} | {
                p.changes.get(option) for j in self.jobs for p in j.sweep
            }
            spare = [v for v in STUDIED[option][1] if v not in used and v != self.usual.get(option)]
            spare += {"temperature": ["3"], "noise_prob": ["0.05"], "loss_lpc": ["7"]}.get(option, [])
            if not spare:
                continue
            value = rng.choice(spare)
            self.ask(
                "option-never",
                [f"{option} {value} final acc"],
                [f"What final accuracy did {option} {value} reach?"],
                [f"How did the job with {option} set to {value} turn out?"],
                answered=False,
            )
        finished = [j for j in self.jobs if j.sound and j.end and not j.interim]
        for short, long in rng.sample(UNLOGGED, 2):
            job = rng.choice(finished)
            assert job.end
            when = self.say(job.end)
            self.ask(
                "metric-never",
                [f"{short} of the {self.say(job.end, 'desk')} run?", f"best {short}?"],
                [f"What {long} did you reach on {when}?", f"Which run has the best {long}?"],
                [f"What is the {long} of the result recorded on {when}?"],
                answered=False,
            )
        dead = [j for j in self.jobs if j.ended in ("silent", "stopped", "nan")]
        rng.shuffle(dead)
        asked = 0
        for job in dead:
            if sum(job.start in j.days() for j in self.jobs) > 1 or asked >= 2:
                continue
            asked += 1
            when = self.say(job.start)
            self.ask(
                "figure-none",
                [f"final acc of the run started {self.say(job.start, 'desk')}?"],
                [f"What final accuracy did the run started on {when} reach?"],
                [f"Can you tell me the final harmonic mean of the job started on {when}?"],
                answered=False,
            )


YES = ["Yes", "yes", "better", "Better", "higher", "Higher", "helped", "helps", "improve", "rose", "rises"]
NO = [
    "No,",
    "No.",
    "No:",
    "No ",
    "no,",
    "worse",
    "Worse",
    "lower",
    "Lower",
    "not help",
    "hurt",
    "fell",
    "falls",
    "drop",
]
WORDS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
]


def counted(n: int) -> list[str]:
    """Ways to give a count."""
    forms = [f"{n}{end}" for end in (" ", ".", ",", ":", ")")]
    return [*forms, *([WORDS[n], WORDS[n].capitalize()] if n < len(WORDS) else [])]


def show(values: Sequence[float]) -> str:
    """An array as it is pasted."""
    return "[" + ", ".join(map(number, values)) + "]"


def four(job: Job) -> list[str]:
    """The four labelled arrays."""
    return [
        show(job.overall),
        "Seen acc:",
        show(job.seen),
        "Unseen acc:",
        show(job.unseen),
        "Harmonic mean:",
        show(job.harmonic),
    ]


def note_text(name: str, lines: Sequence[str]) -> str:
    """A note without days."""
    head = ["---", f"id: {name}", "aliases: []", "tags: []", "---", "", f"# {name}", ""]
    return "\n".join([*head, *[f"- {line}" for line in lines]]) + "\n"


def make_journal(root: Path, seed: int, notes: int = 40) -> list[Question]:
    """Writes the vault of a seed and gives its questions.

    Args: root: an empty or new directory. notes: about how many notes.
    """
    book = Daybook(root, seed, notes)
    book.make()
    return book.questions


def passage(text: str, heading: str) -> list[str]:
    """The texts under a heading of any level, each up to the next heading of its level or above."""
    parts: list[str] = []
    level = 0
    for line in text.split("\n"):
        marks = re.match(r"(#+) ", line)
        if marks and (not level or len(marks[1]) <= level):
            level = len(marks[1]) if line[len(marks[1]) :].strip() == heading else 0
            if level:
                parts.append("")
        if level:
            parts[-1] += line + "\n"
    return parts


def verify(root: Path, questions: Sequence[Question]) -> list[str]:
    """Gold that no accepted section of the written files holds, found by reading the files alone."""
    missing = []
    for question in questions:
        held = ""
        for place in sorted({p for group in question.sections for p in group} | set(question.allowed)):
            note, _, heading = place.partition("#")
            parts = passage((root / f"{note}.md").read_text("utf-8"), heading)
            if len(parts) != 1:
                missing.append(f"{question.id}: {place} stands {len(parts)} times")
            held += "\n".join(parts)
        for forms in question.must:
            if question.sections and not any(form in held for form in forms):
                missing.append(f"{question.id}: {question.question}: none of {forms}")
    return missing


def main() -> None:
    """Writes vault and questions of one seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--notes", type=int, default=40)
    parser.add_argument("--verify", action="store_true")
    args = parser.parse_args()
    questions = make_journal(args.out / "vault", args.seed, args.notes)
    lines = [json.dumps(q.to_json(), ensure_ascii=False) for q in questions]
    (args.out / "questions.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    if args.verify:
        for line in verify(args.out / "vault", questions):
            print(line)
    print(f"{len(questions)} questions, {sum(not q.answered for q in questions)} without an answer in the notes")


if __name__ == "__main__":
    main()
