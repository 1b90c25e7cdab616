"""A journal by a seventh hand: a lab of few-shot class-incremental keyword spotting with its own options, stories and
questions, written without sight of the product.

Usage: casebook.py OUT --seed N --notes M [--verify]     (writes OUT/vault and OUT/questions.jsonl)
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from generate import Question

ABSENT: dict[str, list[str]] = {}  # question id -> words that no written note may hold (for --verify)


@dataclass
class Ask:
    """One question about a story: its wordings, whether they use the notes' words, and what an answer must hold."""

    words: list[str]
    own: bool
    must: list[list[str]]


@dataclass
class Story:
    """A thing that happened in the lab: its note, its paragraphs, its questions, and questions it leaves open."""

    note: str
    text: str
    asks: list[Ask]
    near: list[tuple[str, list[str]]] = field(default_factory=list)
    slots: dict[str, list[str]] = field(default_factory=dict)
    sub: str = ""


STORIES = [
    Story(
        "dataloader_hang",
        "The dataloader hung after {n} batches on the new box, no error, GPU at 0 %.\n"
        "- py-spy shows all workers waiting in the resampler of `torchaudio`.\n"
        "- Reason: OpenMP threads were forked together with the workers. `OMP_NUM_THREADS=1` solves it.\n",
        [
            Ask(
                [
                    "why did the dataloader hang on the new box?",
                    "dataloader hung after some batches - reason?",
                    "Could you remind me what made the dataloader hang?",
                ],
                True,
                [["openmp", "omp_num_threads"]],
            ),
            Ask(
                [
                    "training got stuck with idle card on the new machine, how did I cure it",
                    "What was the remedy when loading froze and the card sat idle?",
                ],
                False,
                [["OMP_NUM_THREADS"]],
            ),
        ],
        [("which kernel version had the box where the dataloader hung?", ["kernel version"])],
        {"n": ["37", "212", "640", "1180"]},
        "Fix",
    ),
    Story(
        "silence_class",
        "False alarms on empty rooms again. {who} recorded {n} minutes of the office at night, I cut it into clips.\n"
        "Decision: silence becomes its own class in the base session and is never sampled as a novel class.\n"
        "If silence sits in an incremental session its prototype eats half of the soft consonants.\n",
        [
            Ask(
                [
                    "what was the decision about the silence class?",
                    "silence: own class or not, what did we decide",
                    "Please tell me how silence is treated in the base session.",
                ],
                True,
                [["own class"], ["base session"]],
            ),
            Ask(
                [
                    "why must quiet clips not show up among the newly added words?",
                    "what goes bad if background-only audio is put into a later session",
                ],
                False,
                [["soft consonants"]],
            ),
            Ask(
                ["who recorded the office at night?", "whose recordings of the empty office are these"],
                True,
                [["{who}"]],
            ),
        ],
        [("which microphone was used for the office recordings at night?", ["microphone"])],
        {"who": ["Minseo", "Aurelie", "Tobias", "Farida"], "n": ["40", "55", "90"]},
    ),
    Story(
        "Scratch",
        "Meeting with {who}: the gain in unseen is nice, but nobody will believe one split.\n"
        "- asks for {n} random class orders and a mean with deviation\n"
        "- wants the confusion of the pairs `three`/`tree` and `forward`/`four` shown\n",
        [
            Ask(
                [
                    "what did {who} ask for in the meeting?",
                    "{who} meeting, class orders, how many",
                    "How many random class orders does {who} want?",
                ],
                True,
                [["{n}"]],
            ),
            Ask(
                [
                    "which similar-sounding words should we put in the figure according to {who}",
                    "{who} wanted to see some mix-ups between words. which?",
                ],
                False,
                [["tree"], ["forward"]],
            ),
        ],
        [("at what hour began the meeting where {who} asked for more class orders?", ["o'clock"])],
        {"who": ["Prof. Halvorsen", "Prof. Okafor", "Prof. Lindqvist"], "n": ["10", "12", "20"]},
    ),
    Story(
        "checkpoint_mixup",
        "Two days lost. The incremental stage loaded `best.pt` of {who}'s folder, because `model_dir` was relative and "
        "I had started it from the wrong directory.\n"
        "Now the loader prints the sha1 of the weights and refuses relative paths.\n",
        [
            Ask(
                [
                    "why did the incremental stage load the wrong best.pt?",
                    "wrong best.pt loaded - how come?",
                    "I have forgotten how the wrong `best.pt` could be loaded, please explain.",
                ],
                True,
                [["relative", "wrong directory"]],
            ),
            Ask(
                [
                    "what safeguard did I add so that foreign weights are not picked up again",
                    "how do we protect now from taking somebody else's checkpoint?",
                ],
                False,
                [["sha1", "relative path"]],
            ),
        ],
        [("how big in megabytes was the best.pt that got loaded by mistake?", ["megabyte"])],
        {"who": ["Jihoon", "Marisol", "Dieter"]},
        "Debug",
    ),
    Story(
        "cosine_scale",
        "The scale of the cosine classifier is learnable in the base session and drifts to {n}.\n"
        "In the incremental sessions it stays frozen, otherwise five shots push it down and all old classes "
        "flatten out.\n",
        [
            Ask(
                [
                    "why is the scale of the cosine classifier frozen in incremental sessions?",
                    "cosine classifier scale frozen later, why",
                ],
                True,
                [["push it down", "flatten", "five shots"]],
            ),
            Ask(
                [
                    "to which number does the learnable scale drift?",
                    "where does the multiplier of the similarity head end up after base training",
                ],
                False,
                [["{n}"]],
            ),
        ],
        [("what initial value has the scale of the cosine classifier before training?", ["initialised", "init value"])],
        {"n": ["23.4", "27.9", "31.6"]},
    ),
    Story(
        "Scratch",
        "Idea: take the articulatory place of the first phoneme (lips, teeth, palate) as an auxiliary label for the "
        "base classes. New words share places with old ones, so the feature should transfer.\n"
        "Cheap, {who} has the lexicon already.\n",
        [
            Ask(
                [
                    "what was my idea with the articulatory place?",
                    "articulatory place idea, what exactly and why should it transfer",
                    "what is the auxiliary label from the first phoneme for?",
                ],
                True,
                [["auxiliary label", "share places", "transfer"]],
            ),
            Ask(
                [
                    "who can give us the pronunciation dictionary for that lips/teeth thing",
                    "the idea about where in the mouth the word begins - who owns the needed word list?",
                ],
                False,
                [["{who}"]],
            ),
        ],
        [("how many hours of labelling would the articulatory place idea need?", ["labelling"])],
        {"who": ["Ines", "Bogdan", "Haruka"]},
    ),
    Story(
        "clipping_bug",
        "Noise mixing clips. With SNR below {n} dB the sum leaves [-1, 1] and int16 wraps around, one hears a crack.\n"
        "Fix: mix in float and normalise by the peak only if it is larger than 1.\n"
        "Runs before this day heard cracks in about {p} % of the clips.\n",
        [
            Ask(
                [
                    "how was the clipping in the noise mixing fixed?",
                    "noise mixing clips, fix?",
                    "May I ask what the fix of the wrap around in int16 was?",
                ],
                True,
                [["float"], ["peak"]],
            ),
            Ask(
                [
                    "what share of utterances was damaged by the overflow",
                    "how much of the training audio had the crackling sound before I repaired it?",
                ],
                False,
                [["{p} %", "{p}%", "{p} percent"]],
            ),
        ],
        [("which commit hash has the fix of the clipping?", ["commit hash"])],
        {"n": ["-3", "0", "2"], "p": ["6", "9", "14"]},
        "Fix",
    ),
    Story(
        "lab_meeting",
        "Lab meeting. My slot was cut to {n} minutes, so only the harmonic mean plot was shown.\n"
        "{who} remarked that a rise of the harmonic mean with falling seen accuracy is no progress for a product.\n"
        "-> report seen and unseen side by side from now on.\n",
        [
            Ask(
                [
                    "what did {who} remark about the harmonic mean in the lab meeting?",
                    "{who}'s remark on harmonic mean pls",
                ],
                True,
                [["no progress", "falling seen", "side by side"]],
            ),
            Ask(
                [
                    "how did our reporting change after the critique by {who}",
                    "since {who} complained, what numbers do I always put together?",
                ],
                False,
                [["side by side", "seen and unseen"]],
            ),
        ],
        [("in which room was the lab meeting where my slot was cut?", ["seminar room", "meeting room"])],
        {"n": ["5", "7", "8"], "who": ["Kwame", "Sunniva", "Oleg"]},
    ),
    Story(
        "disk_quota",
        "All jobs of the night died with `OSError: [Errno 122]`. Disk quota, {n} GB of old spectrogram caches.\n"
        "Caches go to `/scratch2` now and are deleted after {d} days by cron.\n",
        [
            Ask(
                [
                    "why did all jobs of the night die with OSError?",
                    "errno 122 - what was that",
                    "Where do the spectrogram caches go now?",
                ],
                True,
                [["quota", "/scratch2"]],
            ),
            Ask(
                [
                    "after how long are the stored features wiped automatically?",
                    "how many days live the cached features before cleanup kills them",
                ],
                False,
                [["{d} days", "{d} day"]],
            ),
        ],
        [("who is the administrator that raised our disk quota?", ["administrator"])],
        {"n": ["310", "480", "750"], "d": ["9", "14", "21"]},
        "Debug",
    ),
    Story(
        "window_choice",
        "Window length: 25 ms loses the burst of `stop` and `up`, 16 ms keeps it but doubles the frames.\n"
        "Decision: {n} ms window with 10 ms hop. The plosives survive and the batch still fits into memory.\n",
        [
            Ask(
                [
                    "which window length did I decide on?",
                    "window length decision?",
                    "Please, what window and hop are decided?",
                ],
                True,
                [["{n} ms", "{n}ms"]],
            ),
            Ask(
                [
                    "why did we not keep the usual longer analysis frame",
                    "what was wrong with the longer analysis frame of 25?",
                ],
                False,
                [["burst", "plosive"]],
            ),
        ],
        [("which fft size goes with the decided window length?", ["fft size", "n_fft"])],
        {"n": ["18", "20", "21"]},
    ),
    Story(
        "seed_variance",
        "{n} seeds of the plain recipe: the harmonic mean of the last session moves by {v} points, only from the "
        "draw of the five shots.\n"
        "So differences smaller than that say nothing. Most of it comes from speakers with a cold or a child's voice "
        "in the support set.\n",
        [
            Ask(
                [
                    "by how many points moves the harmonic mean between seeds?",
                    "seed variance of harm. mean = ?",
                    "How large was the spread over the seeds of the plain recipe?",
                ],
                True,
                [["{v}"]],
            ),
            Ask(
                [
                    "what kind of people in the few examples cause most of the luck effect",
                    "where does the randomness between repetitions mainly come from?",
                ],
                False,
                [["cold", "child"]],
            ),
        ],
        [("what is the p-value of the seed differences?", ["p-value"])],
        {"n": ["7", "8", "9"], "v": ["1.8", "2.3", "2.7"]},
    ),
    Story(
        "rebuttal_notes",
        "Paper came back. One reviewer says the baseline is weak because its base session is trained {n} epochs only.\n"
        "Decision with {who}: we retrain the baseline to convergence instead of arguing.\n",
        [
            Ask(
                [
                    "what do we do about the weak baseline criticism?",
                    "reviewer says baseline weak, our decision?",
                ],
                True,
                [["retrain", "convergence"]],
            ),
            Ask(
                [
                    "what exactly was the complaint that came back with the submission",
                    "on which ground did the referee attack our comparison?",
                ],
                False,
                [["{n} epochs", "weak"]],
            ),
        ],
        [("what score did the meta-reviewer give the paper?", ["meta-reviewer", "meta reviewer"])],
        {"n": ["25", "40", "60"], "who": ["Naledi", "Corentin", "Yuna"]},
    ),
    Story(
        "amp_overflow",
        "NaN with mixed precision. It is the log of the softmax over {n} classes at temperature 16, fp16 cannot hold "
        "the exponent.\n"
        "Cast the logits to float32 before the loss, everything else can stay half.\n",
        [
            Ask(
                [
                    "where did the NaN with mixed precision come from?",
                    "mixed precision NaN: cause + cure",
                    "Would you tell me what to cast before the loss?",
                ],
                True,
                [["float32", "exponent", "softmax"]],
            ),
            Ask(
                [
                    "which tensors must not stay in half so that training does not blow up",
                    "numerical trouble with 16 bit training - what do I convert?",
                ],
                False,
                [["logits"]],
            ),
        ],
        [("does bfloat16 also show the overflow?", ["bfloat16", "bf16"])],
        {"n": ["35", "60", "100"]},
        "Debug",
    ),
    Story(
        "speaker_leak",
        "{n} speakers were both in the support set and in the test set of the novel words. That made unseen look "
        "{v} points too good.\n"
        "New split by speaker hash, old numbers stay in the notes but go in no table.\n",
        [
            Ask(
                [
                    "how many speakers were both in the support set and the test set?",
                    "speaker leak - how many speakers",
                ],
                True,
                [["{n} speakers", "{n}"]],
            ),
            Ask(
                [
                    "how much did we flatter ourselves by the overlap of people between shots and evaluation?",
                    "size of the optimistic bias from same persons in train and eval",
                ],
                False,
                [["{v}"]],
            ),
        ],
        [("what age have the speakers that were in both sets?", ["years old"])],
        {"n": ["17", "29", "46"], "v": ["3.4", "4.1", "5.2"]},
    ),
    Story(
        "Scratch",
        "Demo for the visitors on the Raspberry Pi. It reacted to the coffee grinder {n} times as `right`.\n"
        "{who} proposes a gate on the energy below 300 Hz before the net is called at all.\n",
        [
            Ask(
                [
                    "what happened in the demo on the Raspberry Pi?",
                    "raspberry demo, what went wrong",
                    "the coffee grinder was taken for which word?",
                ],
                True,
                [["coffee grinder", "`right`", "as right"]],
            ),
            Ask(
                [
                    "what suggestion came from {who} to stop the kitchen appliance from triggering",
                    "{who} had a trick against false triggers of the demo device. which?",
                ],
                False,
                [["gate", "300 hz"]],
            ),
        ],
        [("how much power in watt took the Raspberry Pi in the demo?", ["watt"])],
        {"n": ["3", "4", "6"], "who": ["Luca", "Zeynep", "Priit"]},
    ),
    Story(
        "freeze_depth",
        "How deep to freeze in the incremental stage? Freezing all blocks: old words safe, new ones poor. Free last "
        "block: new words gain, but `off` and `on` collapse into each other.\n"
        "Decision: freeze all but the last layer norm. Only {n} parameters move.\n",
        [
            Ask(
                [
                    "what stays free in the incremental stage, how deep do we freeze?",
                    "freeze depth decision?",
                ],
                True,
                [["layer norm"]],
            ),
            Ask(
                [
                    "which two commands become confused once the final block can learn",
                    "adapting the top block harmed some word pair, which one was it?",
                ],
                False,
                [["off"], ["on"], ["collapse", "each other", "last block", "final block"]],
            ),
            Ask(
                ["how many parameters move in the incremental stage?", "count of trainable parameters after freezing?"],
                True,
                [["{n}"]],
            ),
        ],
        [],
        {"n": ["256", "384", "512"]},
    ),
    Story(
        "gpu_booking",
        "Talked with {who} about the cards. From now on card 0 is ours on weekdays and {other}'s on weekends.\n"
        "Long jobs need a line in the shared sheet, otherwise they are killed at {n}:00.\n",
        [
            Ask(
                [
                    "when is card 0 ours?",
                    "card 0 weekdays or weekend for us",
                    "At what time are long jobs killed without a line in the sheet?",
                ],
                True,
                [["weekday", "{n}:00"]],
            ),
            Ask(
                [
                    "what must I do so that an overnight training is not terminated",
                    "how to keep my long training alive under the new agreement?",
                ],
                False,
                [["shared sheet", "sheet"]],
            ),
        ],
        [("what does an hour on the cards cost us?", ["euro", "dollar"])],
        {"who": ["Anselm", "Ritu"], "other": ["Petra", "Goran"], "n": ["6", "7", "8"]},
    ),
    Story(
        "prototype_norm",
        "Looked at the norms of the prototypes: base ones have {a}, novel ones {b}. With dot product the novel words "
        "always lose.\n"
        "Cosine hides it. For the dot variant divide by the norm when the prototype is stored, not at test time, "
        "else the replay term sees both kinds.\n",
        [
            Ask(
                [
                    "what norms have base and novel prototypes?",
                    "prototype norms base vs novel?",
                ],
                True,
                [["{a}"], ["{b}"]],
            ),
            Ask(
                [
                    "at which moment should vectors be brought to unit length for the inner product version",
                    "inner-product scoring: rescale at saving or at evaluation?",
                ],
                False,
                [["stored", "saving", "when storing"]],
            ),
        ],
        [("what is the median norm of the prototypes for noisy clips?", ["median"])],
        {"a": ["11.2", "13.7"], "b": ["6.8", "7.9"]},
    ),
    Story(
        "Scratch",
        "Read about sleep in birds on the train. They replay songs with noise at night. Idea: replay prototypes with "
        "gaussian jitter between sessions, no audio kept, so no privacy talk with {who}.\n"
        "Variance from the base classes, about {n}.\n",
        [
            Ask(
                [
                    "where did the idea of jittered prototypes come from?",
                    "birds idea??",
                    "what do birds have to do with replay",
                ],
                True,
                [["bird", "sleep"]],
            ),
            Ask(
                [
                    "what is the legal advantage of rehearsing means instead of recordings",
                    "why would rehearsal without stored sound be easier with {who}?",
                ],
                False,
                [["privacy", "no audio"]],
            ),
        ],
        [("in which magazine did I read about the sleep of birds?", ["magazine"])],
        {"who": ["the data officer", "the ethics board"], "n": ["0.04", "0.06", "0.09"]},
    ),
    Story(
        "label_noise",
        "Listened to the worst {n} clips of `bed`. {k} of them are plainly `bad` or cut before the vowel.\n"
        "I leave them in the test set, since every other paper does so, but drop them from the support sets.\n",
        [
            Ask(
                [
                    "how many of the worst clips of bed are mislabelled?",
                    "clips of `bed` that are bad or cut: number?",
                ],
                True,
                [["{k}"]],
            ),
            Ask(
                [
                    "why do faulty recordings remain in the evaluation",
                    "did I remove the broken examples from evaluation as well? reason please",
                ],
                False,
                [["every other paper", "other paper"]],
            ),
        ],
        [("which annotator labelled the clips of bed?", ["annotator"])],
        {"n": ["60", "80"], "k": ["13", "19", "22"]},
    ),
    Story(
        "driver_update",
        "After the driver update the same seed gives other numbers in the {n}th digit, then everything diverges in "
        "the incremental sessions.\n"
        "cudnn picks other kernels. `deterministic` costs {p} % speed, so only for the final table.\n",
        [
            Ask(
                [
                    "why does the same seed give other numbers after the driver update?",
                    "driver update changed results, because?",
                ],
                True,
                [["cudnn"]],
            ),
            Ask(
                [
                    "what is the price in throughput for bit-exact repeats",
                    "how much slower become we when forcing reproducible ops?",
                ],
                False,
                [["{p} %", "{p}%", "{p} percent"]],
            ),
        ],
        [("which monitor firmware came with the driver update?", ["firmware"])],
        {"n": ["4", "5", "6"], "p": ["11", "18", "26"]},
        "Debug",
    ),
    Story(
        "dialect_set",
        "Visit of {who} from the dialect archive. They can give {n} hours of {lang} read speech, but only under a "
        "licence that forbids to publish the model.\n"
        "We decline for the paper, maybe for the thesis chapter.\n",
        [
            Ask(
                ["why did we decline the data of the dialect archive?", "dialect archive data declined - why"],
                True,
                [["licence", "forbids", "license"]],
            ),
            Ask(
                [
                    "how many hours could the archive hand over and of which tongue",
                    "amount and language of the speech {who} offered?",
                ],
                False,
                [["{n}"], ["{lang}"]],
            ),
        ],
        [("what e-mail address has {who}?", ["@"])],
        {
            "who": ["Ms. Brandstetter", "Mr. Ueda", "Ms. Achterberg"],
            "n": ["34", "52", "71"],
            "lang": ["Frisian", "Ladin", "Sorbian"],
        },
    ),
    Story(
        "stop_rule",
        "Early stopping looks at the base validation set, and that one says nothing about new words: the epoch that is "
        "best for base is epoch {a}, for unseen it is epoch {b}.\n"
        "Decision: no early stopping, last epoch counts. Simple and honest.\n",
        [
            Ask(
                [
                    "what did I decide about early stopping?",
                    "early stopping yes/no?",
                    "do we use early stopping, and which epoch counts",
                ],
                True,
                [["no early stopping", "last epoch"]],
            ),
            Ask(
                [
                    "the old and the new vocabulary peak at which points of training?",
                    "what is the optimum training length for novel words compared to base ones",
                ],
                False,
                [["{a}"], ["{b}"]],
            ),
        ],
        [("with which patience did early stopping run?", ["patience"])],
        {"a": ["83", "88", "91"], "b": ["42", "47", "54"]},
    ),
    Story(
        "pitch_shift_idea",
        "Idea of {who}: synthetic speakers by shifting pitch by up to {n} semitones, to stretch five shots to twenty.\n"
        "Worry: children's speech gets out of range, and `yes` loses its fricative after the phase vocoder.\n",
        [
            Ask(
                [
                    "whose idea were the synthetic speakers?",
                    "synthetic speakers by pitch - who proposed and how many semitones",
                ],
                True,
                [["{who}"]],
            ),
            Ask(
                [
                    "what damage do we fear when manufacturing extra voices from the shots",
                    "which concerns were there on multiplying the examples artificially?",
                ],
                False,
                [["fricative", "out of range"]],
            ),
        ],
        [("which sampling rate is needed for the synthetic speakers?", ["sampling rate", "sample rate"])],
        {"who": ["Mirela", "Sander", "Chukwudi"], "n": ["3", "4", "5"]},
    ),
    Story(
        "confusion_watch",
        "The summed confusion after the last session: {n} of all errors go from novel to base, almost none back.\n"
        "So the bias sits in the classifier and not in the encoder. A constant of {c} subtracted from the base logits "
        "repairs half of it.\n",
        [
            Ask(
                ["where does the bias sit, classifier or encoder?", "errors novel->base: bias in which part"],
                True,
                [["in the classifier", "classifier"]],
            ),
            Ask(
                [
                    "what offset on the old classes gives back part of the loss",
                    "by which amount do we handicap the old words, and how well does this work?",
                ],
                False,
                [["{c}"]],
            ),
        ],
        [("how do the errors split over male and female voices?", ["female"])],
        {"n": ["71 %", "78 %", "84 %"], "c": ["0.12", "0.17", "0.22"]},
    ),
]

# Tasks of the to-do notes: text in the note | how a person would refer to it
TASKS: dict[str, list[str]] = {
    "Code": [
        "Move the resampling of the clips into the worker|moving the resampling into the worker",
        "Unit test for the class order shuffler|the unit test of the class order shuffler",
        "Replace argparse by a yaml config|swapping argparse for yaml",
        "Plot the confusion after each stage automatically|the automatic confusion plots",
        "Delete the dead `legacy_head` branch|deleting legacy_head",
        "Write a resume function for killed jobs|the resume function for killed jobs",
        "Profile the mel filterbank on CPU|profiling the mel filterbank",
        "Export the encoder to ONNX|the ONNX export",
        "Log the gradient norm of the head|logging the head's gradient norm",
        "Make the support sampler balanced by speaker|the speaker-balanced support sampler",
        "Refactor `evaluate_all` into smaller pieces|refactoring evaluate_all",
        "Merge the branch of the intern|merging the intern's branch",
        "Cache the speech commands list as parquet|the parquet cache",
        "Type hints for the trainer class|type hints in the trainer",
    ],
    "Paper": [
        "Redraw figure 2 without red-green colours|redrawing figure 2",
        "Shorten the related work to one page|shortening the related work",
        "Ask for the permission of the spectrogram photo|the permission for the spectrogram photo",
        "Table with all backbones in the appendix|the appendix table of backbones",
        "Proofread the introduction|proofreading the introduction",
        "Check the page limit of Interspeech|checking the Interspeech page limit",
        "Rewrite the abstract around forgetting|rewriting the abstract",
        "Add the ethics statement|the ethics statement",
        "Answer the typographic remarks of the editor|answering the editor's typographic remarks",
        "Compare our numbers with the CEC table|the comparison with the CEC table",
        "Draw the overview diagram in tikz|the tikz overview diagram",
    ],
    "Idea": [
        "Try a hyperbolic distance for the prototypes|the hyperbolic distance",
        "Sketch how a syllable counter could gate the classes|the syllable counter gating",
        "Think about unlearning of a single word|unlearning a single word",
        "Look whether a wavelet front end keeps the plosives|the wavelet front end",
        "Sort novel classes by phoneme overlap|sorting novel classes by phoneme overlap",
        "Estimate the difficulty of a word from its spelling|guessing word difficulty from spelling",
        "Use text-to-speech for extra shots|text-to-speech for extra shots",
        "Curriculum from long words to short words|the long-to-short curriculum",
        "Open-set rejection with a nearest-neighbour radius|open-set rejection by radius",
        "Graph network over the prototypes|the graph network over prototypes",
    ],
    "Study": [
        "Read chapter 6 of the Bishop book|chapter 6 of Bishop",
        "Work through the tutorial on optimal transport|the optimal transport tutorial",
        "Repeat the derivation of LDA|repeating the LDA derivation",
        "Watch the lecture on state space models|the state space lecture",
        "Exercises on Fisher information|the Fisher information exercises",
        "Learn how the Kaldi recipes align phones|learning Kaldi alignment",
        "Summarise the survey on continual learning|the continual learning survey summary",
        "Korean listening practice for the interview|the Korean listening practice",
    ],
    "Lab": [
        "Order two headsets for the recordings|ordering the headsets",
        "Prepare slides for the Friday seminar|slides for the Friday seminar",
        "Explain the cluster to the new student|explaining the cluster to the new student",
        "Return the borrowed sound level meter|returning the sound level meter",
        "Fill in the travel form for Rotterdam|the Rotterdam travel form",
        "Book the anechoic chamber|booking the anechoic chamber",
        "Clean the shared data folder|cleaning the shared data folder",
        "Grade the signal processing exam|grading the signal processing exam",
        "Write the safety report of the server room|the safety report",
        "Collect consent sheets of the speakers|collecting the consent sheets",
    ],
    "Others": [
        "Renew the library card|renewing the library card",
        "Repair the bike light|the bike light",
        "Dentist appointment|the dentist appointment",
        "Send the tax papers|the tax papers",
        "Buy a birthday present for grandma|grandma's present",
        "Extend the residence permit|extending the residence permit",
        "Backup of the laptop|the laptop backup",
        "Cancel the gym membership|the gym membership",
    ],
}
STATES = {
    "x": ("finished", ["done", "finished", "complete", "[x]", "ticked", "closed"]),
    "-": ("ongoing", ["ongoing", "on-going", "in progress", "under way", "underway", "[-]", "started", "running"]),
    " ": (
        "never tried",
        ["never tried", "not tried", "not started", "untried", "open", "[ ]", "not yet", "untouched", "to do", "todo"],
    ),
    ">": ("deferred", ["deferred", "postponed", "[>]", "put off", "moved", "pushed back"]),
    "~": ("cancelled", ["cancelled", "canceled", "struck", "dropped", "~~"]),
}
# option: (how it is called, values, the topic note, a sentence about the idea)
FAMILIES: dict[str, tuple[str, list[str], str, str]] = {
    "proto_shrink": (
        "prototype shrinkage",
        ["0.1", "0.25", "0.4", "0.6", "0.8"],
        "proto_shrink",
        "Pull novel prototypes to the mean.",
    ),
    "replay_k": ("exemplar replay", ["2", "5", "8", "15"], "exemplar_replay", "Keep some clips of each old word."),
    "cos_margin": (
        "the margin head",
        ["0.05", "0.15", "0.2", "0.35"],
        "margin_head",
        "Push base classes apart to leave room.",
    ),
    "kd_weight": (
        "distillation from the old model",
        ["0.5", "1.5", "2.5", "4"],
        "kd_old_model",
        "The last session teaches the next.",
    ),
    "rir_prob": ("room reverb augmentation", ["0.2", "0.45", "0.7", "0.9"], "reverb", "Convolve with measured rooms."),
    "pool_mode": (
        "time pooling",
        ['"attn"', '"max"', '"gem"', '"stat"'],
        "time_pooling",
        "What is done over the frames at the end.",
    ),
    "ema_decay": (
        "the weight average",
        ["0.95", "0.98", "0.993", "0.999"],
        "weight_average",
        "Slow copy of the encoder for tests.",
    ),
    "encoder": (
        "the encoder swap",
        ['"bcresnet"', '"tcresnet"', '"kwt"', '"matchbox"'],
        "encoder_swap",
        "Other backbones.",
    ),
    "qat_bits": ("quantised training", ["3", "4", "6", "8"], "quantised", "For the microcontroller."),
    "mixup_alpha": ("mixup", ["0.2", "0.4", "0.8", "1.5"], "mixup_words", "Blend two words."),
    "lora_rank": ("low-rank adapters", ["4", "8", "16", "32"], "low_rank", "Train only small matrices per session."),
    "fake_classes": ("fake classes", ["12", "24", "36", "48"], "fake_classes", "Rotated words reserve room for later."),
}
UNUSED = [
    ("focal_gamma 2", "focal_gamma"),
    ("swa_start 60", "swa_start"),
    ("warmup_steps 500", "warmup_steps"),
    ("grad_clip 1.0", "grad_clip"),
    ("stochastic depth at 0.1", "stochastic depth"),
    ("lookahead optimizer", "lookahead"),
    ("label smoothing 0.1", "smoothing"),
    ("dilation 4", "dilation"),
]
UNLOGGED = [
    ("word error rate", "word error rate"),
    ("F1 score", "f1 score"),
    ("AUROC", "auroc"),
    ("equal error rate", "equal error rate"),
    ("inference latency", "latency"),
    ("peak memory in GiB", "gib"),
    ("perplexity", "perplexity"),
    ("energy per inference", "millijoule"),
]
TOPICS = [
    ("what do the notes say about bird collision sensors", "collision"),
    ("did we discuss a patent with the transfer office?", "patent"),
    ("When is my vacation on the island planned?", "vacation"),
    ("which password has the annotation tool", "password"),
    ("Could you tell me our findings on lip reading from video?", "lip reading"),
    ("results of federated training over phones?", "federated"),
    ("what about diffusion vocoder experiments, any conclusion", "diffusion"),
    ("who won the hackathon of the institute?", "hackathon"),
    ("Please give me the summary of emotion recognition trials.", "emotion"),
    ("how did the dereverberation with WPE go", "wpe"),
    ("what salary was offered by the startup", "salary"),
    ("speaker diarization numbers pls", "diarization"),
    ("Which conclusion do I have about the whale song data?", "whale"),
    ("status of the podcast segmentation project?", "podcast"),
]
FILLER = [
    "Read the {x} part again, nothing new.",
    "The {x} plot looks different today, check the axis.",
    "Small thing: rename the {x} folder.",
    "For {x} the embedding is enough, I think.",
    "Not sure about {x}. Ask somebody who has used it.",
    "{x} : the lambda is in a different place than in the paper.",
    "Because of {x} the afternoon is gone.",
    "==Do not forget {x}==",
    "Wrote half a page on {x}.",
    "%%check {x} later%%",
    "~~{x} is the culprit~~ It is not.",
    "![[{x}.png]]",
]
THINGS = ["mel scale", "triplet mining", "subspace", "t-SNE", "phone set", "band energy", "delta features", "codebook"]
THINGS += ["contrastive term", "episode sampler", "SincNet", "formant tracker", "residual branch", "vowel chart"]
PAPERS_A = ["Forgetting", "Prototypes", "Small Footprint Keyword Spotting", "Metric Learning", "Cosine Classifiers"]
PAPERS_A += ["Incremental Audio Classification", "Episodic Training", "Gated Recurrence", "Spectral Tokens", "Hubness"]
PAPERS_B = ["with Few Labels", "Revisited", "on the Edge", "for Streaming Audio", "under Noise", "without Rehearsal"]
TYPOS = {
    "different": "differnet",
    "because": "becuase",
    "embedding": "emebedding",
    "lambda": "lamda",
    "somebody": "sombody",
}
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
METRICS: dict[str, tuple[str, int, list[str]]] = {
    "final": (
        "overall",
        -1,
        ["final overall accuracy", "overall accuracy after the last session", "last-session overall acc"],
    ),
    "base": (
        "overall",
        0,
        ["base session accuracy", "overall acc in the base session", "accuracy after base training"],
    ),
    "hm": ("hm", -1, ["final harmonic mean", "harmonic mean of the last session", "last harm. mean"]),
    "unseen": ("unseen", -1, ["final unseen accuracy", "unseen acc in the last session", "last unseen accuracy"]),
    "seen": ("seen", -1, ["final seen accuracy", "seen acc after the last session", "seen accuracy at the end"]),
    "unseen1": ("unseen", 0, ["unseen accuracy in the first incremental session", "first incremental unseen acc"]),
}


@dataclass
class Run:
    """One GPU job: what was set, when, and what came out."""

    fam: str
    value: str
    opts: dict[str, str]
    day: date
    rday: date
    twist: str = ""  # the option that departs from the family's setting
    status: str = "ok"  # ok, nan, stopped, wrong, late, copied, harmonic, words
    arrays: dict[str, list[float]] = field(default_factory=dict)
    reason: str = ""
    desc: str = ""
    warned: date | None = None  # the day of a later warning
    bare: bool = False  # no command stands in the entry
    twisted: bool = False  # a sibling with a twist exists

    def plain(self) -> str:
        """The value without quotes."""
        return self.value.strip('"')

    def figure(self, metric: str) -> str:
        """A figure of the run as the notes write it."""
        array, index, _ = METRICS[metric]
        return repr(self.arrays[array][index])

    def forms(self) -> list[str]:
        """Texts by which an answer may point at the run."""
        option, value = self.fam, self.plain()
        if self.twist:
            option, value = self.twist, self.opts[self.twist]
        forms = [
            f"{option}{sep}{value}" for sep in (" ", "` ", "=", " = ", ": ", "`: ", "` = ", '="', ' "', " `", "` `")
        ]
        forms += [
            f'{option}` "{value}',
            f"{option} of {value}",
            f"{option}` of {value}",
            self.desc,
            self.desc.replace("`", ""),
        ]
        return forms + ([self.figure("final")] if self.arrays else [])


@dataclass
class Task:
    """A to-do item with its appearances: (day, state), the last one counts."""

    category: str
    text: str
    about: str
    seen: list[tuple[date, str]]


def day_forms(day: date) -> list[str]:
    """The accepted ways to write a day (none that is the beginning of another day)."""
    month, d = MONTHS[day.month - 1], day.day
    forms = [f"{day:%Y-%m-%d}", f"{day:%Y/%m/%d}", f"{day:%Y%m%d}", f"{day:%Y.%m.%d}", f"{day:%d.%m.%Y}"]
    for name in (month, month[:3]):
        forms += [
            f"{name} {d}, {day.year}",
            f"{name} {d} {day.year}",
            f"{name} {d}th",
            f"{name} {d}st",
            f"{name} {d}nd",
        ]
        forms += [f"{name} {d}"] if d > 3 else []
        forms += [f"{d} {name}"] if d > 9 else [f"on {d} {name}", f"0{d} {name}"]
    return forms


class World:
    """Everything that happened, made from a seed."""

    def __init__(self, seed: int, notes: int) -> None:
        self.rng = random.Random(seed)
        self.notes = notes
        rng = self.rng
        self.start = date(2024 + rng.randint(0, 1), rng.randint(2, 7), 1)
        self.months = [(self.start.year, self.start.month + i) for i in range(5)]
        self.end = date(self.start.year, self.start.month + 4, 26 - rng.randint(0, 4))
        self.today = self.end + timedelta(days=rng.randint(1, 3))
        self.heads: dict[tuple[str, date], str] = {}
        self.blocks: dict[tuple[str, date], list[str]] = {}
        self.runs: list[Run] = []
        self.tasks: list[Task] = []
        self.told: list[tuple[Story, dict[str, str], date]] = []
        self.suffix: dict[tuple[str, date], list[str]] = {}
        self.running: Run | None = None
        self.make_runs()
        self.make_tasks()
        self.make_stories()

    def head(self, note: str, day: date) -> str:
        """The level-2 heading of a day in a note; its form is drawn once."""
        if (note, day) not in self.heads:
            late = (day - self.start).days > 45
            form = self.rng.choices(["%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"], [1, 6, 2] if late else [6, 2, 1])[0]
            self.heads[note, day] = day.strftime(form)
        return self.heads[note, day]

    def add(self, note: str, day: date, text: str) -> None:
        """Adds a block of text under a day."""
        self.head(note, day)
        self.blocks.setdefault((note, day), []).append(text.rstrip("\n") + "\n")

    def places(self, note: str, day: date) -> list[str]:
        """The places that a citation of this day's section may name."""
        tails = [self.head(note, day), *self.suffix.get((note, day), [])]
        return [f"{note}#{tail}" for tail in tails]

    def make_runs(self) -> None:
        """Draws families, values, days and figures."""
        rng = self.rng
        order = rng.sample(list(FAMILIES), 6)
        plan: list[tuple[str, str, str]] = []
        for number, fam in enumerate(order):
            values = rng.sample(FAMILIES[fam][1], rng.choice([3, 4, 4]))
            twist = rng.choice(["noise_prob", "epochs_base", "temperature"]) if number % 2 else ""
            after = rng.randrange(len(values))
            for i, value in enumerate(values):
                plan.append((fam, value, ""))
                if twist and i == after:
                    plan.append((fam, value, twist))
        for _ in range(2):  # a family comes back late
            i = rng.randrange(len(plan) - 8)
            if not plan[i][2] and not plan[i + 1][2]:
                plan.append(plan.pop(i))
        span = (self.end - self.start).days
        days = sorted(rng.sample(range(3, span - 1), len(plan)))
        days = [d - 1 if i and rng.random() < 0.2 and days[i - 1] < d - 1 else d for i, d in enumerate(days)]
        for i in range(1, len(days)):  # two jobs on one day
            if rng.random() < 0.15 and (i < 2 or days[i - 2] != days[i - 1]):
                days[i] = days[i - 1]
        usual = {
            fam: {
                "lr_base": rng.choice(["0.005", "0.002", "0.01", "0.0008"]),
                "decay": rng.choice(["0.0005", "0.0001", "0.003"]),
                "epochs_base": rng.choice(["100", "80", "120"]),
                "batch_size_base": rng.choice(["128", "64", "96"]),
                "temperature": rng.choice(["16", "12", "24"]),
                "noise_prob": "0.8",
                "shot": "5",
                "way": "5",
                "gpu": rng.choice(["0", "1", "3"]),
            }
            for fam in order
        }
        other = {"noise_prob": "0.0", "epochs_base": "200", "temperature": "32"}
        used: set[str] = set()
        for i, (fam, value, twist) in enumerate(plan):
            opts = dict(usual[fam])
            if twist:
                opts[twist] = other[twist]
            opts[fam] = value
            day = self.start + timedelta(days=days[i])
            free = i + 1 == len(plan) or days[i + 1] > days[i] + 1
            rday = day + timedelta(days=1) if free and rng.random() < 0.25 else day
            run = Run(fam, value, opts, day, rday, twist)
            run.arrays = self.draw_arrays(used)
            self.runs.append(run)
            if twist:
                self.runs[i - 1].twisted = True
        calm = [r for r in self.runs if not r.twist and not r.twisted]
        rng.shuffle(calm)
        for run, status in zip(
            calm, ["nan", "nan", "stopped", "stopped", "wrong", "late", "copied", "harmonic", "words"], strict=False
        ):
            run.status = status
        for run in self.runs:
            call = FAMILIES[run.fam][0]
            run.desc = rng.choice(["{c}, `{o}` {v}.", "`{o}` {v}, {c}.", "{c} with `{o}` {v}, rest as usual."]).format(
                c=call[0].upper() + call[1:], o=run.fam, v=run.plain()
            )
            if run.twist:
                run.desc = f"Same setting as above, but `{run.twist}` {run.opts[run.twist]}."
            if run.status in ("nan", "stopped"):
                run.arrays = {}
            if run.status in ("wrong", "late"):
                run.reason = rng.choice(["wrong split", "wrong checkpoint", "unshuffled labels", "leaked novel words"])
            if run.status == "harmonic":
                run.arrays["hm"][-1] = round(run.arrays["hm"][-1] + rng.choice([7.1, 9.4, -8.3]), 3)
            if run.status == "words":
                run.reason = str(int(run.opts["epochs_base"]) // 2 + 7)
                run.desc = run.desc.rstrip(".") + f", {run.reason} epochs."
        for i, run in enumerate(self.runs):
            if run.status == "copied":
                source = next((r for r in reversed(self.runs[:i]) if r.status == "ok"), None)
                if source is None:
                    run.status = "ok"
                    continue
                run.arrays = {name: list(row) for name, row in source.arrays.items()}
                source.status = "copied from"

        if rng.random() < 0.6:
            left = [f for f in FAMILIES if f not in order]
            fam = rng.choice(left)
            value = rng.choice(FAMILIES[fam][1])
            day = self.end - timedelta(days=rng.randint(0, 1))
            self.running = Run(fam, value, {**usual[order[-1]], fam: value}, day, day, status="running")
            self.running.desc = f"First try of {FAMILIES[fam][0]}, `{fam}` {self.running.plain()}."

    def draw_arrays(self, used: set[str]) -> dict[str, list[float]]:
        """Four arrays whose asked figures are unique in the vault."""
        rng = self.rng
        while True:
            top = rng.uniform(93.5, 97.6)
            overall = [top]
            seen = [top - rng.uniform(0.3, 1.2)]
            unseen = [rng.uniform(61, 79)]
            for i in range(5):
                overall.append(overall[-1] - rng.uniform(1.6, 3.9))
                if i:
                    seen.append(seen[-1] - rng.uniform(0.2, 1.1))
                    unseen.append(unseen[-1] - rng.uniform(1.5, 6.5))
            rows = {"overall": overall, "seen": seen, "unseen": unseen}
            rows = {name: [round(value, 3) for value in row] for name, row in rows.items()}
            rows["hm"] = [round(2 * s * u / (s + u), 3) for s, u in zip(rows["seen"], rows["unseen"], strict=False)]
            texts = [repr(value) for row in rows.values() for value in row]
            if used.isdisjoint(texts) and len(set(texts)) == len(texts) and all(len(t) == 6 for t in texts):
                used.update(texts)
                return rows

    def make_tasks(self) -> None:
        """Draws to-do items; one in six comes back on a later day of the same month or the next."""
        rng = self.rng
        span = (self.end - self.start).days
        for category, items in TASKS.items():
            for item in rng.sample(items, len(items)):
                text, about = item.split("|")
                first = self.start + timedelta(days=3 * rng.randint(0, (span - 13) // 3))
                seen = [(first, rng.choices("x- >~", [5, 2, 4, 2, 1])[0])]
                if rng.random() < 0.2:
                    second = first + timedelta(days=3 * rng.randint(1, 4))
                    seen = [(first, rng.choice(" ->")), (second, "x")]
                    if rng.random() < 0.3:
                        seen = [(first, " "), (second, "-")]
                self.tasks.append(Task(category, text, about, seen))

    def make_stories(self) -> None:
        """Draws the stories of this journal and their days."""
        rng = self.rng
        span = (self.end - self.start).days
        taken: set[tuple[str, int]] = set()
        for story in rng.sample(STORIES, 17):
            back = rng.randint(1, span - 1)
            while (story.note, back) in taken:
                back = rng.randint(1, span - 1)
            taken.add((story.note, back))
            slots = {name: rng.choice(values) for name, values in story.slots.items()}
            self.told.append((story, slots, self.start + timedelta(days=back)))


def filled(text: str, slots: dict[str, str]) -> str:
    """The text with the drawn names and numbers of a story."""
    for name, value in slots.items():
        text = text.replace("{" + name + "}", value)
    return text


def slip(rng: random.Random, text: str, keep: Iterable[str]) -> str:
    """A typing slip in one long word that no gold text needs."""
    kept = " ".join(keep).lower()
    words = [w for w in re.findall(r"(?<![\w`/.])[a-z]{7,}(?![\w`/.])", text) if w not in kept]
    if not words or rng.random() < 0.4:
        return text
    word = rng.choice(words)
    return text.replace(word, word[:3] + word[4] + word[3] + word[5:], 1)


class Writer:
    """Writes the world down in the researcher's manner."""

    def __init__(self, world: World) -> None:
        self.w = world
        self.rng = world.rng
        self.tops: dict[str, str] = {}

    def link(self, note: str, day: date) -> str:
        """A link to a day; about one in seven is broken."""
        head = self.w.head(note, day)
        if self.rng.random() < 1 / 7:
            return self.rng.choice([f"[[{note}#{head}1]]", f"[[{note[:-1]}#{head}]]"])
        return self.rng.choice([f"[[{note}#{head}]]", f"[[{note}#{head}]]", f"[[{note}.md#{head}]]"])

    def server(self, run: Run, old: bool) -> str:
        """The entry of a job in Server.md."""
        rng = self.rng
        names = ["dataset", *run.opts]
        lines = [f"- [{'-' if run.status == 'running' else 'x'}] {run.desc}"]
        if rng.random() < 0.6:
            lines += ["  > [!note]"] if rng.random() < 0.6 else []
            lines += [f"  > Code : {self.link(FAMILIES[run.fam][2], self.w.start)}"]
        command = [f"python train.py {run.fam.split('_')[0]}", f"  -project {run.fam.split('_')[0]}"]
        command += [f"  -{name} {run.opts.get(name, 'gsc2')}" for name in names]
        glue = "\\" if old and rng.random() < 0.3 else " \\"
        body = (glue + "\n").join(command) + (" \\" if old and rng.random() < 0.5 else "")
        run.bare = bool(run.twist) and rng.random() < 0.3
        if not run.bare:
            lines += ["", "```sh full config" if old else "```sh gsc2.sh", body, "```"]
        if run.status == "nan":
            lines += [rng.choice(["> NaN occurs.", "> [!fail] NaN occurs.", "NaN occurs."])]
        elif run.status == "stopped":
            lines += [rng.choice(["> Stopped.", "Stopped.", "> [!warning]  Stopped."])]
        elif run.status != "running":
            lines += ["> [!note] Result", f"> {self.link('Experiments', run.rday)}"]
        return "\n".join([*lines, rng.choice(["---", "---", ""])]) + "\n"

    def record(self, run: Run, old: bool) -> str:
        """The record of a job in Experiments.md."""
        rng = self.rng
        link = self.link("Server", run.day)
        if not run.arrays:
            end = "NaN occurs." if run.status == "nan" else "Stopped."
            return f"> {run.desc}\n> Server : {link}\n> {end}\n"
        rows = [repr(run.arrays[name]) for name in ("overall", "seen", "unseen", "hm")]
        arrays = f"{rows[0]}\nSeen acc:\n{rows[1]}\nUnseen acc:\n{rows[2]}\nHarmonic mean:\n{rows[3]}\n"
        verdict = f"> [!fail] This result is from {run.reason}.\n" if run.status == "wrong" else ""
        if old and not run.twist and rng.random() < 0.5:
            text = f"{verdict}```txt {run.desc.rstrip('.').replace('`', '')}\n{arrays}```\n> Server : {link}\n"
        elif rng.random() < 0.25:
            text = f"> [!note] Config\n> {run.desc}\n> Server : {link}\n{verdict}{arrays}"
        else:
            text = f"> {run.desc}\n{verdict}> Server : {link}\n{arrays}"
        remarks = ["- Nothing to see.", "- As expected.", "- Look at it again on Monday.", "- Hm.", "- OK."]
        return text + (rng.choice(remarks) + "\n" if rng.random() < 0.4 else "")

    def runs(self) -> None:
        """Server.md and Experiments.md."""
        w, rng = self.w, self.rng
        for run in w.runs:
            old = (run.day - w.start).days < 50
            w.add("Server", run.day, self.server(run, old))
            if run.arrays or rng.random() < 0.5:
                text = self.record(run, old)
                if rng.random() < 0.25 and ("Experiments", run.rday) not in w.blocks:
                    tail = f"Experiments-{run.rday:%Y/%m/%d}"
                    w.suffix[("Experiments", run.rday)] = [tail]
                    text = f"### {tail}\n{text}"
                w.add("Experiments", run.rday, text)
            if run.status == "late":
                pairs = [(a.rday, b.rday) for a, b in zip(w.runs, w.runs[1:], strict=False) if b.twist]
                days = [run.rday + timedelta(days=n) for n in rng.sample(range(2, 11), 9)]
                free = [d for d in days if d <= w.end and not any(a <= d <= b for a, b in pairs)]
                day = free[0] if free else run.rday
                where = f"[[#{w.head('Experiments', run.rday)}]]"
                text = f"> [!warning]\n> `{run.fam}` {run.plain()} of {where} is from {run.reason}. Do not use it.\n"
                w.add("Experiments", day, f"---\n{text}---\n")
                run.warned = day
        if w.running:
            w.add("Server", w.running.day, self.server(w.running, False))
        good = [r for r in w.runs if r.status == "ok"][:4]
        if rng.random() < 0.5:
            rows = [f"[[#{w.head('Experiments', r.rday)}]] {r.fam} {r.plain()} | {r.figure('final')}" for r in good]
            self.tops["Experiments"] = "\n".join(["```", *rows, ""])

    def todo(self) -> None:
        """One to-do note a month."""
        w, rng = self.w, self.rng
        cells: dict[tuple[date, str], list[str]] = {}
        for task in w.tasks:
            for i, (day, state) in enumerate(task.seen):
                text = f"~~{task.text}~~" if state == "~" else task.text
                text = (
                    f"{rng.randint(9, 18)}:{rng.randint(10, 59)}:{rng.randint(10, 59)} : {text}"
                    if rng.random() < 0.15
                    else text
                )
                line = f"- [{' ' if state == '~' else state}] {text}"
                if rng.random() < 0.12 and i == 0:
                    line += "\n  > Detail : " + rng.choice(FILLER).format(x=rng.choice(THINGS))
                cells.setdefault((day, task.category), []).append(line)
        for run in w.runs:
            if rng.random() < 0.4:
                line = f"- [x] {FAMILIES[run.fam][0]}, `{run.fam}` {run.plain()}"
                line += f"\n  > Server : {self.link('Server', run.day)}"
                cells.setdefault((run.day, "Experiments"), []).append(line)
        for day, category in sorted(cells):
            style = "%Y%m%d" if rng.random() < 0.4 else "%Y/%m/%d"
            lines = "\n".join(cells[day, category])
            note = MONTHS[day.month - 1]
            w.suffix.setdefault((note, day), []).append(f"{category}-{day.strftime(style)}")
            w.add(note, day, f"### {w.suffix[note, day][-1]}\n{lines}\n")

    def prose(self) -> None:
        """Stories, topic notes of the families and notes that fill the vault."""
        w, rng = self.w, self.rng
        for story, slots, day in w.told:
            keep = [form for ask in story.asks for group in ask.must for form in group]
            text = slip(rng, filled(story.text, slots), [filled(form, slots) for form in keep])
            if story.sub:
                tail = f"{story.sub}-{day:%Y%m%d}"
                w.suffix[(story.note, day)] = [tail]
                text = f"#### {tail}\n{text}"
            elif rng.random() < 0.25:
                text = f"---\n> [!{rng.choice(['note', 'Important', 'tip'])}]\n" + text + "---\n"
            w.add(story.note, day, text)
        for fam in {run.fam: 0 for run in [*w.runs, *([w.running] if w.running else [])]}:
            _, _, note, idea = FAMILIES[fam]
            w.add(note, w.start, f"{idea} See `{fam}`.\n")
            w.add(
                note,
                w.start + timedelta(days=rng.randint(1, 20)),
                f"```python\ndef {fam}_term(x, weight):\n    return weight * (x - x.mean(0)).pow(2).sum()```\n"
                f"{self.filler()}\n",
            )
        span = (w.end - w.start).days
        for note in ["Scratch", "Scratch", "Scratch", "lab_meeting", *[story.note for story, _, _ in w.told]]:
            w.add(note, w.start + timedelta(days=rng.randint(0, span)), self.filler() + "\n")
        names = [f"{a} {b}" for a in PAPERS_A for b in PAPERS_B]
        names += [f"{thing.replace(' ', '_').lower()}" for thing in THINGS]
        rng.shuffle(names)
        names += [f"snippet_{i}" for i in range(1, max(1, w.notes))]
        present = {note for note, _ in w.blocks}
        for name in names[: max(0, w.notes - len(present))]:
            for _ in range(rng.randint(1, 4)):
                lines = "\n".join(self.filler() for _ in range(rng.randint(1, 5)))
                w.add(name, w.start + timedelta(days=rng.randint(0, span)), lines + "\n")

    def filler(self) -> str:
        """A line that answers nothing."""
        rng = self.rng
        text = rng.choice(FILLER).format(x=rng.choice(THINGS))
        for good, bad in TYPOS.items():
            text = text.replace(good, bad) if rng.random() < 0.4 else text
        if rng.random() < 0.15:
            text = f"{rng.randint(9, 22)}:{rng.randint(10, 59)}:{rng.randint(10, 59)} : {text}"
        return text if rng.random() < 0.6 else f"- {text}"

    def save(self, vault: Path) -> None:
        """Writes every note."""
        self.runs()
        self.todo()
        self.prose()
        vault.mkdir(parents=True, exist_ok=True)
        notes: dict[str, list[date]] = {}
        for note, day in self.w.blocks:
            notes.setdefault(note, []).append(day)
        for note, days in notes.items():
            text = f'---\nid: "{note}"\naliases: []\ntags: []\n---\n' + self.tops.get(note, "")
            for day in sorted(days):
                space = " " if self.rng.random() < 0.2 else ""
                text += f"\n## {self.w.head(note, day)}{space}\n" + "\n".join(self.w.blocks[note, day])
            (vault / f"{note}.md").write_text(text, encoding="utf-8")


RUNS_IN = [
    "What did I run {s}?",
    "which experiments were on the gpu {s}",
    "runs {s} - list",
    "Could you please list all trainings that I did {s}?",
    "I forget, please say me which jobs we made {s}",
    "need everything that was trained {s}, for the weekly report",
    "gpu jobs {s}?",
    "Would you be so kind and tell me what the server computed {s}?",
    "was there any training {s}, and if so which ones",
]
BEST = [
    "which run has the {sup} {m} {c}?",
    "{sup} {m} {c}: which setting",
    "Please find the experiment with the {sup} {m} {c}.",
    "what is {sup} {m} that we reached {c} and with what config",
    "{c}, who wins on {sup} {m}",
    "looking for the {sup} {m} {c}, number and setting pls",
    "Tell me, {c}, where the {m} was {sup}.",
]
COUNT = [
    "how many {k}?",
    "number of {k}",
    "Can you count {k} for me? how many are there",
    "{k} - how many in total",
    "I would like to know how many {k} exist in my notes.",
    "what is the count of {k}",
    "total {k} = ?",
]
FIGURE = [
    "what was the {m} of {r}?",
    "{r}: {m}?",
    "Could you give me the {m} which {r} reached?",
    "how good was {r}, I mean {m}",
    "i need for the table the {m} from {r}",
    "{m} {r}",
    "Which {m} did we get in {r}?",
]
SETTING = [
    "which {o} did {r} use?",
    "{o} of {r}",
    "With what {o} was {r} trained?",
    "I have to repeat {r}, what {o} was it please",
    "{r} - {o} was set to?",
    "what value had {o} in the command for {r}",
    "Kindly tell me the {o} of {r}.",
]
COMPARE = [
    "{m}: {a} or {b}, which is better?",
    "compare {a} with {b} on {m}",
    "Is {a} better than {b} when we look at the {m}?",
    "{a} vs {b}, {m}",
    "please put {m} of {a} next to that of {b}",
    "between {a} and {b} what is the difference in {m}",
    "How far apart are {a} and {b} in {m}?",
]
EFFECT = [
    "what does {o} {b} instead of {a} do to the {m}{x}, everything else equal?",
    "effect of changing {o} from {a} to {b} on {m}{x}",
    "If only {o} goes from {a} to {b}{x}, how does the {m} move?",
    "{o} {a} -> {b}{x}: {m} up or down",
    "Does {o} {b} help over {a}{x} with the rest fixed? I care for {m}.",
    "all same but {o} {b} and not {a}{x}, what happens with {m}",
]
FIRST = [
    "when did I {w} run {f}?",
    "{w} {f} run - which day",
    "On which date was the {w} experiment with {f}?",
    "the {w} time we trained with {f}, when was that",
    "please the day of the {w} job for {f}",
    "{f}: date of {w} training?",
]
LISTS = [
    "which {c} to-dos of {mo} are {st}?",
    "{mo} {c} tasks {st}, list",
    "Please show me the items under {c} in {mo} that are {st}.",
    "what is {st} from the {c} list of {mo}",
    "{c} in {mo}: everything {st}",
    "can you list what {c} things were {st} in {mo}",
    "In the to-do note of {mo}, category {c}, which ones are {st}?",
]
STATE = [
    "what is the state of {t}?",
    "{t} - done or not",
    "Did I get around to {t}?",
    "where do I stand with {t}",
    "how about the task {t}, is it finished already",
    "status {t}",
    "Could you look up whether {t} is ticked off?",
]
TRIED = [
    "did I ever try {t}?",
    "{t} - ever tried?",
    "Have we at any time tried {t}?",
    "was {t} tried already or not",
    "is it so that I tried {t} before",
    "Before I begin: has {t} been tried at some point?",
]
NO_USE = [
    "what was the final accuracy with {u}?",
    "{u} - which harmonic mean",
    "How did the experiment with {u} perform?",
    "result of {u} run pls",
    "on which day was {u} trained",
    "by how much was {u} better than without it",
]
NO_METRIC = [
    "what {u} did {r} have?",
    "{u} of {r}?",
    "Please tell me the {u} measured for {r}.",
    "for {r} i need the {u}",
    "how high was {u} in {r}",
    "{r}, {u} = ?",
]
LISTS_ALL = [
    "which of all tasks of {mo} are {st}, any category?",
    "{mo}: what is {st}",
    "Please go through my {mo} to-dos and name those {st}.",
    "everything {st} in the to-do note of {mo}",
    "what things did I have {st} in {mo}, all headings",
    "{st} to-do items, {mo}, list pls",
]
THEN_STATE = [
    "As of {d}, what was the state of {t}?",
    "how did {t} stand on {d}",
    "go back to {d}: was {t} done",
    "On {d}, had I already finished {t}?",
    "{t} - status at {d}",
    "If we look from {d}, what was then with {t}?",
]
THEN_COUNT = [
    "up to {d}, how many runs with {f} had I launched?",
    "count of {f} jobs as of {d}",
    "on {d} we had how many {f} trainings already",
    "Please count the {f} runs as it was on {d}.",
    "{f}: number of runs by {d}",
    "how many times had {f} been run when it was {d}",
]
THEN_BEST = [
    "As of {d}, which {f} run had the best {m}?",
    "state of {d}: top {m} with {f}",
    "what did we know on {d} as the highest {m} for {f}",
    "on {d}, who was leading the {f} runs in {m}",
    "Suppose it is {d}: which {f} experiment has the best {m} until then?",
    "best {m} {f}, only what was there by {d}",
]
FITS = [
    "do the harmonic means of {r} fit its seen and unseen accuracies?",
    "check {r}, harmonic consistent with seen/unseen?",
    "I have a bad feeling about {r}. Do its arrays agree with each other?",
    "are the numbers of {r} consistent in itself",
]
SAME = [
    "which two experiments have exactly the same numbers?",
    "did I paste the same arrays twice somewhere",
    "Are there results which are copies of another run?",
    "copy-paste mistake in the results - where?",
]
TEXT_FITS = [
    "does the description of {r} agree with its command?",
    "{r}: how many epochs, words and command say different things?",
    "How many epochs did {r} really have? I am not sure that text and command match.",
    "is text = command for {r}",
]
ONCE = ("runs", "first-last", "as-of", "todo-list", "state", "tried", "figure", "setting", "count", "best")
SETTINGS = {
    "lr_base": ["learning rate", "lr_base"],
    "decay": ["weight decay", "`decay`"],
    "epochs_base": ["number of base epochs", "epochs_base"],
    "batch_size_base": ["batch size", "batch_size_base"],
    "temperature": ["temperature"],
    "noise_prob": ["noise probability", "noise_prob"],
}
SETTING_NAMES = list(SETTINGS)
NUMBERS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]


class Asker:
    """Asks about a written world."""

    def __init__(self, world: World, seed: int) -> None:
        self.w = world
        self.rng = random.Random(seed * 7919 + 13)
        self.out: list[Question] = []
        self.decks: dict[int, list[str]] = {}
        self.texts: set[str] = set()
        self.good = [r for r in world.runs if r.status == "ok"]
        ABSENT.clear()

    def draw(self, wordings: list[str]) -> str:
        """The next wording of a shuffled deck."""
        deck = self.decks.setdefault(id(wordings), [])
        if not deck:
            deck.extend(self.rng.sample(wordings, len(wordings)))
        return deck.pop()

    def say(self, text: str) -> str:
        """The text in the manner of one of four users."""
        rng = self.rng
        text = re.sub(r"\s+", " ", text).strip()
        who = rng.random()
        if who < 0.15:
            text = rng.choice(["Hi, ", "Sorry, quick one: ", "hey - ", "Good morning. "]) + text
        elif who < 0.3:
            text = text.rstrip("?.").lower() if not re.search(r"[A-Z]{2}", text) else text.rstrip("?.")
        elif who < 0.36:
            text = text.rstrip("?.") + rng.choice([", thanks", " ??", ", thank you very much"])
        return text

    def put(self, kind: str, text: str, answered: bool = True, absent: list[str] | None = None, **gold: object) -> bool:
        """Adds a question unless its text was asked."""
        said = self.say(text)
        key = repr((kind, gold.get("must"), gold.get("sections"), gold.get("as_of") and "then"))
        if said.lower() in self.texts or (key in self.texts and kind in ONCE):
            return False
        self.texts |= {said.lower(), key}
        number = sum(q.kind == kind for q in self.out) + 1
        for name in ("lead", "must"):  # Both letter cases of a word count.
            listed = gold.get(name)
            if isinstance(listed, list):
                gold[name] = [
                    list(dict.fromkeys([*forms, *(one[:1].upper() + one[1:] for one in forms)])) for forms in listed
                ]
        question = Question(f"{kind}-{number:02d}", kind, said, self.w.today.isoformat(), answered, **gold)  # type: ignore[arg-type]
        if absent:
            ABSENT[question.id] = absent
        self.out.append(question)
        return True

    def fill(self, kind: str, count: int, make: Callable[[], bool]) -> None:
        """Calls make until count questions of the kind stand."""
        have, tries = 0, 0
        while have < count and tries < 400:
            have += make()
            tries += 1

    def says(self, day: date, form: int = -1) -> str:
        """A day as people write it."""
        name, d = MONTHS[day.month - 1], day.day
        tail = "th" if 10 < d < 14 else {1: "st", 2: "nd", 3: "rd"}.get(d % 10, "th")
        forms = [f"{name} {d}", f"{d} {name}", f"{day:%Y-%m-%d}", f"{name} {d}{tail}", f"the {d}{tail} of {name}"]
        return forms[form] if form >= 0 else self.rng.choice(forms)

    def stretch(self) -> tuple[str, date, date, int]:
        """Words for a stretch of days, its first and last day, and how many edge days must be free of runs."""
        rng, w = self.rng, self.w
        a = w.start + timedelta(days=rng.randint(0, (w.end - w.start).days))
        kind = rng.randrange(6)
        if kind == 0:
            year, month = rng.choice(w.months[:4])
            first = date(year, month, 1)
            last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
            name = MONTHS[month - 1]
            half = rng.randrange(3)
            if half == 0:
                return f"in the first half of {name}", first, first.replace(day=15), 2
            if half == 1:
                return f"in the second half of {name}", first.replace(day=16), last, 2
            return f"in {name}", first, last, 0
        if kind == 1:
            monday = a - timedelta(days=a.weekday())
            return f"in the week from Monday {self.says(monday)}", monday, monday + timedelta(days=6), 0
        if kind == 2:
            n = rng.randint(4, 15)
            return f"in the last {n} days", w.today - timedelta(days=n), w.today, 2
        if kind == 3:
            return f"on {self.says(a)}", a, a, 0
        b = a + timedelta(days=rng.randint(4, 16))
        words = [
            "between {a} and {b}",
            "from {a} to {b}",
            "from {a} until {b}",
            "{a} to {b}",
            "after {a} and before {b}",
        ]
        form = rng.choice([0, 0, 1, 1, 2, 3, 4])
        return rng.choice(words).format(a=self.says(a, form), b=self.says(b, form)), a, min(b, w.end), 1

    def inside(self, a: date, b: date, edge: int) -> list[Run] | None:
        """The runs of a stretch; None where a run stands on its border."""
        found = []
        if self.w.running and a - timedelta(days=2) <= self.w.running.day <= b + timedelta(days=2):
            return None
        for run in self.w.runs:
            for day in (run.day, run.rday):
                if edge and (abs((day - a).days) < edge or abs((day - b).days) < edge):
                    return None
            ins = [a <= day <= b for day in (run.day, run.rday)]
            if any(ins) != all(ins):
                return None
            if all(ins):
                found.append(run)
        return found

    def exp(self, run: Run) -> list[str]:
        """Places of the run's record."""
        return self.w.places("Experiments", run.rday)

    def srv(self, run: Run) -> list[str]:
        """Places of the run's job."""
        return self.w.places("Server", run.day)

    def ref(self, run: Run) -> str:
        """Words that mean this run and no other."""
        rng = self.rng
        call, value = FAMILIES[run.fam][0], run.plain()
        option = run.fam if rng.random() < 0.6 else f"`{run.fam}`" if rng.random() < 0.4 else run.fam.replace("_", " ")
        words = rng.choice(
            [
                f"{option} {value}",
                f"the run with {option} {value}",
                f"{call} with {option} {value}",
                f"{option}={value}",
                f"the {option} {value} experiment",
                f"the experiment having {option} of {value}",
            ]
        )
        if run.twist:
            return words + rng.choice(
                [f" and {run.twist} {run.opts[run.twist]}", f" at {run.twist} {run.opts[run.twist]}"]
            )
        if run.twisted:
            twin = next(r for r in self.w.runs if r.fam == run.fam and r.twist)
            return f"{words} (with the usual {twin.twist} {run.opts[twin.twist]})"
        return words

    def family(self, fam: str) -> str:
        """A family in words."""
        return self.rng.choice([fam, f"`{fam}`", FAMILIES[fam][0].removeprefix("the "), fam.replace("_", " ")])

    def metric(self) -> tuple[str, str]:
        """A metric and words for it."""
        metric = self.rng.choice(list(METRICS))
        return metric, self.rng.choice(METRICS[metric][2])

    def ask_runs(self) -> None:
        """Runs in a stretch and stretches without runs."""
        late = [r.rday + timedelta(days=i) for r in self.w.runs if r.status == "late" for i in range(11)]

        def some() -> bool:
            words, a, b, edge = self.stretch()
            found = self.inside(a, b, edge)
            if not found or len(found) > 7:
                return False
            gold = {"must": [r.forms() for r in found], "sections": [self.srv(r) for r in found]}
            gold["sections"] = [
                s + (self.exp(r) if r.arrays else []) for s, r in zip(gold["sections"], found, strict=False)
            ]
            return self.put("runs", self.draw(RUNS_IN).format(s=words), **gold)

        def none() -> bool:
            words, a, b, edge = self.stretch()
            if self.inside(a, b, edge) != [] or any(a <= day <= b for day in late):
                return False
            return self.put("no-runs", self.draw(RUNS_IN).format(s=words), answered=False)

        self.fill("runs", 11, some)
        self.fill("no-runs", 4, none)

    def winner(self, pool: list[Run], metric: str, high: bool) -> Run | None:
        """The certain best run: no doubtful result may stand above it."""
        pool = [r for r in pool if r.arrays and r.status not in ("wrong", "late")]
        if len(pool) < 3:
            return None
        array, index, _ = METRICS[metric]
        pool.sort(key=lambda r: r.arrays[array][index], reverse=high)
        gap = abs(pool[0].arrays[array][index] - pool[1].arrays[array][index])
        return pool[0] if pool[0].status == "ok" and gap > 0.02 else None

    def ask_figures(self) -> None:
        """Best, count, figure, setting, comparison, effect, first and last."""
        w, rng = self.w, self.rng
        families = list({r.fam: 0 for r in w.runs})

        def best() -> bool:
            metric, words = self.metric()
            high = rng.random() < 0.65
            sup = rng.choice(["best", "highest", "top"] if high else ["worst", "lowest", "poorest"])
            if rng.random() < 0.6:
                fam = rng.choice(families)
                pool = [r for r in w.runs if r.fam == fam]
                cond = rng.choice(["among the {f} runs", "with {f}", "for {f}"]).format(f=self.family(fam))
            elif rng.random() < 0.6:
                _year, month = rng.choice(w.months)
                if any((r.day.month == month) != (r.rday.month == month) for r in w.runs):
                    return False
                pool = [r for r in w.runs if r.day.month == month]
                cond = f"in {MONTHS[month - 1]}"
            else:
                pool, cond = w.runs, rng.choice(["of all runs", "over the whole notebook", "among all experiments"])
            run = self.winner(pool, metric, high)
            if run is None:
                return False
            text = self.draw(BEST).format(sup=sup, m=words, c=cond)
            must = [[run.figure(metric)], run.forms()]
            return self.put("best", text, must=must, sections=[self.exp(run)], allowed=["Experiments#", "Server#"])

        def count() -> bool:
            pick = rng.randrange(4)
            if pick == 0:
                fam = rng.choice(families)
                n, words = sum(r.fam == fam for r in w.runs), f"runs I launched with {self.family(fam)}"
            elif pick == 1:
                n, words = (
                    sum(r.status == "nan" for r in w.runs),
                    rng.choice(["runs that ended in NaN", "jobs with NaN"]),
                )
            elif pick == 2:
                n, words = (
                    sum(r.status == "stopped" for r in w.runs),
                    rng.choice(["runs that were stopped", "stopped jobs"]),
                )
            else:
                _year, month = rng.choice(w.months)
                if any((r.day.month == month) != (r.rday.month == month) for r in w.runs):
                    return False
                if w.running and w.running.day.month == month:
                    return False
                n, words = sum(r.day.month == month for r in w.runs), f"GPU jobs in {MONTHS[month - 1]}"
            if not 2 <= n <= 12:
                return False
            nouns = [
                "run",
                "exp",
                "job",
                "train",
                "gpu",
                "stopped",
                "nan",
                "entr",
                "of",
                "result",
                "match",
                "time",
                "record",
            ]
            forms = [f"{n} {noun}" for noun in nouns] + [f": {n}", f"{n}.", f"= {n}"]
            return self.put("count", self.draw(COUNT).format(k=words), must=[[*forms, NUMBERS[n]]])

        def figure() -> bool:
            run = rng.choice(self.good)
            metric, words = self.metric()
            text = self.draw(FIGURE).format(m=words, r=self.ref(run))
            return self.put(
                "figure", text, must=[[run.figure(metric)]], sections=[self.exp(run)], allowed=self.srv(run)
            )

        def setting() -> bool:
            run = rng.choice([r for r in w.runs if r.status != "words" and not r.bare])
            option = self.draw(SETTING_NAMES)
            if option == run.twist:
                return False
            if run.twisted and any(r.fam == run.fam and r.twist == option for r in w.runs):
                return False
            text = self.draw(SETTING).format(o=rng.choice(SETTINGS[option]), r=self.ref(run))
            return self.put("setting", text, must=[[run.opts[option]]], sections=[self.srv(run)], allowed=self.exp(run))

        def compare() -> bool:
            a, b = rng.sample(self.good, 2)
            metric, words = self.metric()
            text = self.draw(COMPARE).format(m=words, a=self.ref(a), b=self.ref(b))
            must = [[a.figure(metric)], [b.figure(metric)]]
            return self.put(
                "compare", text, must=must, sections=[self.exp(a), self.exp(b)], allowed=self.srv(a) + self.srv(b)
            )

        def effect() -> bool:
            a, b = rng.sample(self.good, 2)
            if a.fam != b.fam or a.twist:
                return False
            extra, option, values = "", a.fam, (a.plain(), b.plain())
            if b.twist:
                if a.value != b.value:
                    return False
                extra, option, values = f" for {a.fam} {a.plain()}", b.twist, (a.opts[b.twist], b.opts[b.twist])
            elif a.twisted or b.twisted:
                return False
            metric, words = self.metric()
            text = self.draw(EFFECT).format(o=option, a=values[0], b=values[1], m=words, x=extra)
            must = [[a.figure(metric)], [b.figure(metric)]]
            return self.put(
                "effect", text, must=must, sections=[self.exp(a), self.exp(b)], allowed=self.srv(a) + self.srv(b)
            )

        def first() -> bool:
            fam = rng.choice(families)
            end = rng.choice([0, -1])
            run = [r for r in w.runs if r.fam == fam][end]
            if run.day != run.rday or not run.arrays:
                return False
            text = self.draw(FIRST).format(w="last" if end else "first", f=self.family(fam))
            return self.put("first-last", text, must=[day_forms(run.day)], sections=[self.srv(run) + self.exp(run)])

        for kind, number, make in [
            ("best", 8, best),
            ("count", 4, count),
            ("figure", 6, figure),
            ("setting", 6, setting),
            ("compare", 4, compare),
            ("effect", 3, effect),
            ("first-last", 3, first),
        ]:
            self.fill(kind, number, make)

    def task_places(self, task: Task, day: date) -> list[str]:
        """Places of a to-do item on a day."""
        note = MONTHS[day.month - 1]
        tails = [t for t in self.w.suffix.get((note, day), []) if t.startswith(task.category + "-")]
        return [f"{note}#{tail}" for tail in (self.w.head(note, day), *tails)]

    def ask_tasks(self) -> None:
        """Lists of to-do items, the state of one, and things tried or not."""
        w, rng = self.w, self.rng
        phrases = {
            "x": ["finished", "done", "completed"],
            "-": ["ongoing", "still in progress", "under way"],
            " ": ["never tried", "not started at all", "still untouched"],
            ">": ["deferred", "postponed", "put off"],
            "~": ["cancelled", "struck out", "crossed out"],
        }

        def lists() -> bool:
            category = rng.choice([*TASKS, *TASKS, ""])
            month = rng.choice(w.months)[1]
            state = rng.choice("x-- >>~" if category else ">~-")
            near = [t for t in w.tasks if category in ("", t.category) and any(d.month == month for d, _ in t.seen)]
            if any(len(t.seen) > 1 and (category or any(s == state for _, s in t.seen)) for t in near):
                return False
            found = [t for t in near if t.seen[0][1] == state]
            if not found or len(found) > 6 or (len(found) == 1 and rng.random() < 0.85):
                return False
            name = category or "to-do"
            text = self.draw(LISTS).format(c=name, mo=MONTHS[month - 1], st=rng.choice(phrases[state]))
            if not category:
                text = self.draw(LISTS_ALL).format(mo=MONTHS[month - 1], st=rng.choice(phrases[state]))
            gold = {"must": [[t.text, t.text.replace("`", "")] for t in found]}
            return self.put("todo-list", text, sections=[self.task_places(t, t.seen[0][0]) for t in found], **gold)

        def state() -> bool:
            task = rng.choice(w.tasks)
            day, mark = task.seen[-1]
            text = self.draw(STATE).format(t=task.about)
            gold = {"must": [STATES[mark][1]], "sections": [self.task_places(task, day)]}
            gold["allowed"] = [p for d, _ in task.seen for p in self.task_places(task, d)]
            return self.put("state", text, **gold)

        def tried() -> bool:
            if rng.random() < 0.5:
                run = rng.choice([r for r in self.good if not r.twist])
                text = self.draw(TRIED).format(t=f"{run.fam} {run.plain()}")
                lead = [["yes", "tried", "you ran", "it ran", "ran on", "ran it", "was run"]]
                return self.put(
                    "tried",
                    text,
                    lead=lead,
                    must=[run.forms() + day_forms(run.day)],
                    sections=[self.srv(run) + self.exp(run)],
                )
            open_ones = [t for t in w.tasks if t.category == "Idea" and len(t.seen) == 1 and t.seen[0][1] == " "]
            if not open_ones:
                return False
            task = rng.choice(open_ones)
            text = self.draw(TRIED).format(t=task.about)
            lead = [
                [
                    "no.",
                    "no,",
                    "no:",
                    "no;",
                    "no -",
                    "no –",
                    "no —",
                    "not ",
                    "never",
                    "untried",
                    "[ ]",
                    "no run",
                    "no evidence",
                ]
            ]
            return self.put("tried", text, lead=lead, sections=[self.task_places(task, task.seen[0][0])])

        def back_count() -> bool:
            run = rng.choice(w.runs)
            pool = [r for r in w.runs if r.fam == run.fam]
            day = run.day + timedelta(days=rng.randint(1, 6))
            n = sum(r.day < day for r in pool)
            if n < 2 or n == len(pool) or any(day in (r.day, r.rday) for r in pool):
                return False
            text = self.draw(THEN_COUNT).format(d=self.says(day), f=self.family(run.fam))
            must = [[f"{n} {noun}" for noun in ("run", "job", "exp", "gpu", "train", "entr", "time")] + [NUMBERS[n]]]
            return self.put("as-of", text, must=must, as_of=day.isoformat())

        def back(past_best: bool = False) -> bool:
            if not past_best:
                task = rng.choice([t for t in w.tasks if len(t.seen) > 1])
                (a, mark), (b, _) = task.seen
                day = a + timedelta(days=rng.randint(1, (b - a).days - 1))
                text = self.draw(THEN_STATE).format(d=self.says(day), t=task.about)
                must, places = [STATES[mark][1]], self.task_places(task, a)
                return self.put("as-of", text, must=must, sections=[places], as_of=day.isoformat())
            run = rng.choice(self.good)
            pool = [r for r in w.runs if r.fam == run.fam]
            metric, words = self.metric()
            day = run.rday + timedelta(days=rng.randint(1, 12))
            then = self.winner([r for r in pool if r.rday < day], metric, True)
            now = self.winner(pool, metric, True)
            if then is None or now is None or then is now or any(day in (r.day, r.rday) for r in pool) or day > w.end:
                return False
            if any(r.status in ("late", "wrong") for r in pool):
                return False
            text = self.draw(THEN_BEST).format(d=self.says(day), f=self.family(run.fam), m=words)
            must = [[then.figure(metric)], then.forms()]
            return self.put("as-of", text, must=must, sections=[self.exp(then)], as_of=day.isoformat())

        self.fill("todo-list", 6, lists)
        self.fill("state", 4, state)
        self.fill("tried", 3, tried)
        self.fill("as-of", 1, lambda: back(True))
        self.fill("as-of", 1, back_count)
        self.fill("as-of", 3 - sum(q.kind == "as-of" for q in self.out), back)

    def ask_doubts(self) -> None:
        """Results that are wrong, copied or do not fit."""
        w = self.w
        use = [
            "can I use the result of {r}?",
            "{r}: trustworthy?",
            "Is it safe to put {r} in the paper table?",
            "may i cite the figures of {r} or is something wrong with them",
            "Is there any problem with the result of {r}?",
            "{r} - result ok or not",
        ]
        for run in w.runs:
            where = {"sections": [self.exp(run)], "allowed": ["Experiments#", "Server#"]}
            if run.status == "wrong":
                self.put("doubt", self.draw(use).format(r=self.ref(run)), must=[[run.reason, "[!fail]"]], **where)
            elif run.status == "late":
                where["sections"] = [w.places("Experiments", run.warned or run.rday) + self.exp(run)]
                self.put("doubt", self.draw(use).format(r=self.ref(run)), must=[[run.reason, "do not use"]], **where)
            elif run.status == "harmonic":
                text = self.draw(FITS).format(r=self.ref(run))
                self.put(
                    "doubt",
                    text,
                    must=[["harmonic"], [run.figure("hm"), "does not", "do not", "mismatch", "inconsisten"]],
                    **where,
                )
            elif run.status == "words":
                text = self.draw(TEXT_FITS).format(r=self.ref(run))
                self.put(
                    "doubt",
                    text,
                    must=[[run.reason], [run.opts["epochs_base"]]],
                    sections=[self.srv(run)],
                    allowed=["Experiments#"],
                )
            elif run.status == "copied":
                source = next(r for r in w.runs if r.status == "copied from")
                text = self.draw(SAME)
                forms = [[f for f in r.forms() if f != r.figure("final")] for r in (run, source)]
                forms = [f + day_forms(r.rday) for f, r in zip(forms, (run, source), strict=False)]
                where["sections"] = [self.exp(run), self.exp(source)]
                self.put("doubt", text, must=forms, **where)

    def ask_prose(self) -> None:
        """Why, how, ideas, decisions, debugging and meetings."""
        for own, kind, count in ((True, "prose-own", 7), (False, "prose-other", 7)):
            stories = self.rng.sample(self.w.told, len(self.w.told))
            have = 0
            for story, slots, day in stories:
                asks = [a for a in story.asks if a.own == own]
                if have == count or not asks:
                    continue
                ask = self.rng.choice(asks)
                must = [[filled(form, slots) for form in group] for group in ask.must]
                text = filled(self.rng.choice(ask.words), slots)
                have += self.put(kind, text, must=must, sections=[self.w.places(story.note, day)])

    def ask_nothing(self) -> None:
        """Questions that the vault cannot answer."""
        rng, w = self.rng, self.w
        for text, word in rng.sample(TOPICS, 4):
            self.put("absent-topic", text, False, [word])
        for words, key in rng.sample(UNUSED, 3):
            self.put("absent-option", self.draw(NO_USE).format(u=words), False, [key])
        near = [(filled(q, slots), keys) for story, slots, _ in w.told for q, keys in story.near]
        for text, keys in rng.sample(near, 4):
            self.put("absent-detail", text, False, keys)
        for words, key in rng.sample(UNLOGGED, 3):
            self.put(
                "absent-metric", self.draw(NO_METRIC).format(u=words, r=self.ref(rng.choice(self.good))), False, [key]
            )
        empty = [r for r in w.runs if not r.arrays]
        for run in [*([w.running] if w.running else []), *rng.sample(empty, len(empty))][:3]:
            self.put("absent-figure", self.draw(FIGURE).format(m=self.metric()[1], r=self.ref(run)), False)


def make_journal(vault: Path, seed: int, notes: int) -> list[Question]:
    """Writes a vault of about so many notes and returns its questions with gold."""
    world = World(seed, notes)
    Writer(world).save(vault)
    asker = Asker(world, seed)
    asker.ask_runs()
    asker.ask_figures()
    asker.ask_tasks()
    asker.ask_doubts()
    asker.ask_prose()
    asker.ask_nothing()
    return asker.out


def verify(vault: Path, questions: list[Question]) -> list[str]:
    """What is wrong with the gold: texts not in the notes, absent words that are there, places that do not exist."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in vault.glob("*.md")}
    body = "\n".join(texts.values()).lower()
    spare = body.replace("`", "")
    heads = {f"{note}#{h.strip()}" for note, text in texts.items() for h in re.findall(r"^#+ (.*)$", text, re.M)}
    faults = [f"{i}: id twice" for i, n in Counter(q.id for q in questions).items() if n > 1]
    for q in questions:
        if not q.answered and (q.must or q.lead or q.sections):
            faults.append(f"{q.id}: gold for an unanswerable question")
        faults += [f"{q.id}: {word!r} is in the notes" for word in ABSENT.get(q.id, []) if word in body]
        for group in q.must if q.kind not in ("count", "state", "as-of") else []:
            if not any(form.lower() in body or form.lower() in spare for form in group):
                faults.append(f"{q.id}: none of {group[:3]} in the notes")
        faults += [f"{q.id}: no place {p}" for group in q.sections for p in group if p not in heads]
        places = {p for group in q.sections for p in group}
        parts = [section(texts, p) for p in places]
        if q.kind in (
            "figure",
            "setting",
            "compare",
            "effect",
            "best",
            "prose-own",
            "prose-other",
            "todo-list",
            "runs",
        ):
            near = "\n".join(parts).lower()
            for group in q.must:
                if not any(form.lower() in near or form.lower() in near.replace("`", "") for form in group):
                    faults.append(f"{q.id}: none of {group[:3]} in {sorted(places)[:3]}")
    return faults


def section(texts: dict[str, str], place: str) -> str:
    """The text under a place, up to the next day."""
    note, head = place.split("#", 1)
    found = re.search(rf"^#+ {re.escape(head)} *$(.*?)(?=^## \d|\Z)", texts.get(note, ""), re.M | re.S)
    return found[1] if found else ""


def main() -> int:
    """Writes a vault and its questions; with --verify, checks the gold."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--notes", type=int, default=40)
    parser.add_argument("--verify", action="store_true")
    args = parser.parse_args()
    vault = args.out / "vault"
    questions = make_journal(vault, args.seed, args.notes)
    lines = [json.dumps(q.to_json(), ensure_ascii=False) for q in questions]
    (args.out / "questions.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    kinds = Counter(q.kind for q in questions)
    share = sum(not q.answered for q in questions) / len(questions)
    print(f"{len(questions)} questions, {share:.1%} unanswerable, {len(list(vault.glob('*.md')))} notes: {dict(kinds)}")
    if args.verify:
        faults = verify(vault, questions)
        print("\n".join(faults) or "verified")
        return bool(faults)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
