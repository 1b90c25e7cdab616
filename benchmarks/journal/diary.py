"""A journal by a fourth hand: a doctoral student's vault of keyword spotting runs, tasks and thoughts, with questions as
they are typed at the desk and gold computed from what was drawn.

Usage: python benchmarks/journal/diary.py OUT --seed 1 --notes 40 --verify
"""

# ruff: noqa: E501 (tables of sentences)
from __future__ import annotations

import argparse
import datetime
import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from generate import Question

Day = datetime.date
ONE = datetime.timedelta(days=1)
FORMS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d")
WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
SAID = {
    "noise_prob": ["noise prob", "noise_prob", "noise probability"],
    "loss_lpc": ["lpc loss", "loss_lpc", "lpc_loss"],
    "temperature": ["temperature", "`temperature`", "temperature"],
    "dropout": ["dropout", "drop out", "`dropout`"],
    "label_smoothing": ["label smoothing", "label_smoothing"],
    "mixup_alpha": ["mixup alpha", "mixup_alpha", "mixup"],
    "lr_base": ["lr", "learning rate", "lr_base"],
    "decay": ["weight decay", "decay"],
    "epochs_base": ["epochs", "base epochs", "epochs_base"],
    "batch_size_base": ["batch size", "batch_size_base"],
    "num_features_pri": ["num_features_pri", "frames (num_features_pri)"],
    "loss_regularize": ["loss_regularize", "regularize loss"],
}
CHANGES = {
    "noise_prob": ["0.3", "0.6", "0.8", "0.45"],
    "loss_lpc": ["0.5", "1", "2"],
    "temperature": ["8", "24", "32"],
    "dropout": ["0.1", "0.2", "0.35"],
    "label_smoothing": ["0.05", "0.1"],
    "mixup_alpha": ["0.2", "0.4"],
    "loss_regularize": ["0.01", "0.1"],
    "num_features_pri": ["51", "76"],
}
LAYERS = {
    "None": ("No sequential layer", ["no sequential layer", "without seq layer", "no seq layer"]),
    "GRU": ("One GRU layer", ["gru", "GRU", "the gru"]),
    "Transformer": ("One Transformer layer", ["transformer", "the transformer", "Transformer layer"]),
}
METRICS = {
    "accuracy": ["overall acc", "total accuracy", "overall accuracy"],
    "seen": ["seen acc", "acc on seen classes", "seen accuracy"],
    "unseen": ["unseen acc", "acc of novel classes", "unseen accuracy"],
    "harmonic": ["harm. mean", "harmonic mean", "harmonic"],
}
LAST = ["in last session", "after the last session", "at final session", "of the last session"]
NO_METRIC = ["eer", "f1 score", "word error rate", "inference latency", "roc auc", "top-5 accuracy", "mcd", "flops"]

# id, note, sub-heading, kind, lines, wordings, must; {v} is drawn.
Story = tuple[str, str, str, str, list[str], list[str], list[list[str]], list[str]]
STORIES: list[Story] = [
    ("padding", "length_handling", "Fix", "debug",
     ["Short clips (\"up\", \"no\") had silence only at the end, so attention looked at nothing for half of the frames.",
      "Solved it by centering the clip: pad {v} samples equally on both sides before the mel."],
     ["how did i repair the thing that short words were mostly empty at the tail", "what was the fix for attention wasted on silence",
      "short recordings, how do we fill them up now", "which trick solved the empty frames of brief keywords"],
     [["centering", "both sides"]], ["1600", "2400", "3200"]),
    ("disk", "server_admin", "Fix", "debug",
     ["Job died at checkpoint writing. `/data2` was full, wandb cache took {v} GB.", "Set WANDB_CACHE_DIR to the scratch partition and wiped the old one."],
     ["why did saving the checkpoint fail on the machine", "what ate all the disk space", "no space left when storing the model, what was it",
      "what filled up /data2"], [["wandb cache"]], ["212", "340", "187"]),
    ("driver", "server_admin", "Fix", "debug",
     ["After the unattended upgrade nvidia-smi said version mismatch.", "A reboot was enough, then `apt-mark hold` for package nvidia-driver-{v} so that it does not happen again."],
     ["how did i stop the gpu driver from updating itself", "nvidia-smi broken after auto update, what helped", "what did i do so the driver stays at its version",
      "mismatch of nvidia driver, how solved"], [["apt-mark hold"]], ["535", "550", "545"]),
    ("sessions", "protocol_notes", "Idea", "decision",
     ["Talked long about base classes. We take {v} base classes and not more, because otherwise the incremental part has too few words to say anything.",],
     ["how many words are in the base set and for what reason", "what did we settle for number of base classes", "base class count, whats the decision",
      "why dont we take a bigger base set"], [["{v} base classes", "take {v}", "classes: {v}"]], ["20", "15", "25"]),
    ("advisor_table", "meeting_prof", "Meeting", "decision",
     ["Prof. Han wants only one table in the main text. The ablation on window size goes to the appendix.", "He also asked for error bars from {v} seeds."],
     ["where shall the window size ablation be put according to my professor", "what did prof say about the tables", "how does prof han want the ablation placed",
      "which part should move out of the main text says the advisor"], [["appendix"]], ["3", "5"]),
    ("seeds_five", "rebuttal_plan", "Paper", "why",
     ["Reviewer 2 complained that the gap to the comp baseline is within noise.", "So we rerun everything with {v} random seeds and give std."],
     ["what was the complaint of reviewer 2", "why does the rebuttal need everything repeated", "which criticism did second reviewer have",
      "why rerun all for the rebuttal"], [["within noise"]], ["5", "7", "10"]),
    ("workers", "dataloading", "Code", "how",
     ["GPU was idle half of the time, since flac is decoded on the fly.", "I precompute mel to one memmap file and use {v} workers. An epoch takes a third now."],
     ["how did i make the loader faster", "what did i do against slow epochs because of audio decoding", "gpu starving for data, what was the remedy",
      "speeding up data reading, how"], [["memmap"]], ["4", "6", "12"]),
    ("window", "lpc_windowing", "Code", "why",
     ["Switched from hamming to hann for the lpc frames.", "Hamming does not go to zero at the edges, and overlap-add of the residual gave clicks every {v} samples."],
     ["why is it a hann window now", "reason to drop hamming", "what was bad with hamming for lpc", "where did the clicks in resynthesis come from"],
     [["overlap-add", "does not go to zero"]], ["160", "200", "256"]),
    ("order", "lpc_windowing2", "Idea", "decision",
     ["With small order the residual still sounds like speech, one can understand the words.", "Order {v} it is. Above that the filter gets unstable for female speakers."],
     ["which lpc order did i choose", "lpc order final choice?", "what order for the linear prediction and whats the trouble with a higher one",
      "how many lpc coefficients do we take"], [["Order {v}", "order {v}", "order: {v}"]], ["18", "22", "26"]),
    ("clap", "text_anchor", "Idea", "idea",
     ["Maybe class prototypes can start from the text embedding of the word, and the {v} shots only shift it.", "Then a new keyword would work even with zero recordings."],
     ["what was my idea with text embeddings", "idea for a keyword without any recording", "how could prototypes be initialised from written words",
      "what did i want to try with text for novel classes"], [["text embedding"]], ["5", "3"]),
    ("mixup_unseen", "virtual_class", "Idea", "idea",
     ["Pretend classes: join first half of one word and second half of another and give it a new label, so that the space stays open for later words.",
      "About {v} fake labels should do."],
     ["what was the idea of making fake classes", "how do i want to reserve room in embedding space", "plan to build artificial words, how", "idea with halves of two words"],
     [["first half"]], ["40", "60"]),
    ("speaker", "split_leak", "Fix", "debug",
     ["Found that {v} speakers are both in the train list and the test list. The hash was made over file name and not the speaker id.", "New split file is `split_spk.txt`."],
     ["same people in train and test, what caused it", "why was there a leak between train and test", "how did the speaker overlap happen", "what was wrong with the splitting hash"],
     [["file name"]], ["31", "58", "12"]),
    ("fc", "classifier_init", "Code", "why",
     ["Prototype replacing after base session made the logits tiny, since the mean of unit vectors is shorter than one.", "Normalise again after averaging. Then scale {v} works."],
     ["why were logits so small after swapping in prototypes", "what must be done after the averaging of embeddings", "reason of the tiny logits",
      "small outputs after base session, why"], [["shorter than one", "Normalise again"]], ["16", "20"]),
    ("sched", "schedule_notes", "Code", "why",
     ["Cosine with restarts jumped up in the middle of base training and the classifier forgot the rare words.", "Without restart from now on, tmax = {v}."],
     ["why no warm restarts any more", "what did restarts do to rare classes", "reason for using plain cosine annealing", "whats the harm of restarting the lr"],
     [["forgot the rare words", "jumped up"]], ["100", "80", "120"]),
    ("tmux", "server_admin2", "Code", "how",
     ["ssh kills my jobs when the train wifi drops.", "Use `systemd-run --user --scope tmux` and enable linger, then logout does not matter. Session name is kws{v}."],
     ["how do i keep jobs alive when connection is lost", "losing wifi ended my trainings, what is the way around", "how to survive logout on server",
      "what command do i use so that a dropped ssh doesnt stop training"], [["systemd-run", "linger"]], ["1", "7"]),
    ("quota", "cluster_rules", "Lab", "decision",
     ["Lab rule since the last seminar: nobody takes more than {v} cards on weekdays. Reserve longer jobs in the shared calendar."],
     ["how many gpus may one person use during the week", "whats the limit of cards in our group", "what rule for sharing gpus was agreed", "gpu allowance on working days?"],
     [["{v} cards"]], ["2", "3"]),
    ("abstract", "draft_intro", "Paper", "next",
     ["Next step for the draft: rewrite the introduction around forgetting, {v} lines at most, and throw out the part about robustness."],
     ["how is the introduction of the draft to be changed", "what should happen with the introduction", "which part of the draft gets removed", "plan for the intro of the draft?"],
     [["around forgetting", "robustness"]], ["25", "30"]),
    ("tsne", "embedding_plots", "Code", "how",
     ["UMAP pictures looked different each run. With fixed `random_state` {v} and init from pca they are comparable across sessions."],
     ["how did i make embedding pictures reproducible", "how can the 2d plots of several sessions be compared", "what setting makes umap stable", "pictures changed every time, what did i do"],
     [["random_state", "init from pca"]], ["0", "13"]),
    ("bed", "confused_words", "Study", "why",
     ["\"{v}\" is mixed up most. Both words share the vowel and the stop at the end is below -40 dB, the mel floor cuts it."],
     ["which words are confused the most", "worst confusion pair of words and why", "why does the model mix up those two words", "what pair of keywords is hard to tell apart"],
     [["{v}"]], ["bed / bad", "tree / three", "go / no"]),
    ("silence", "unknown_class", "Idea", "decision",
     ["I leave the silence class out. It is too easy and lifts overall acc by {v} points, that would be cheating."],
     ["do we keep silence as class and why", "what did i decide about the silence label", "why not include silence", "reason to exclude the empty class"],
     [["too easy"]], ["1.4", "2.1"]),
    ("amp", "mixed_precision", "Fix", "debug",
     ["Half precision gives inf in the gram matrix, sum over {v} frames overflows.", "Cast this part back to float32, the rest can stay in bf16."],
     ["where did the inf with fp16 come from", "what overflows in half precision", "how did i handle infinities when training with amp", "problem of gram matrix in 16 bit"],
     [["gram matrix"]], ["101", "98"]),
    ("seedbug", "repro_check", "Fix", "debug",
     ["Two runs with the same seed differ in the third digit. It was the worker init: numpy in each worker had the same state and augment used it.", "`worker_init_fn` with base seed + worker id ({v} lines)."],
     ["why were runs with equal seed not identical", "what was the cause of non reproducible trainings", "same seed, other numbers - what was the culprit", "what made the third digit differ between twin runs"],
     [["worker init", "worker_init_fn"]], ["4", "6"]),
    ("distill", "kd_thoughts", "Idea", "idea",
     ["Keep a frozen copy of the base model and pull only the angles between prototypes, not the features.", "Weight {v} to begin with."],
     ["what was the thought about a frozen teacher", "how shall distillation be done against forgetting", "what do i want to preserve from old model", "idea with angles?"],
     [["angles between prototypes"]], ["0.3", "0.7"]),
    ("calib", "calibration_step", "Idea", "next",
     ["Next: shift novel prototypes towards their {v} nearest base prototypes, the paper on TEEN does it without training."],
     ["what shall i try next for calibrating novel prototypes", "plan for prototype correction", "which calibration comes next", "what is planned with nearest base classes"],
     [["nearest base prototypes"]], ["3", "2", "4"]),
    ("mic", "own_recordings", "Lab", "how",
     ["Recorded {v} colleagues in the kitchen with the phone at 1 m and the lab mic at 30 cm, five takes for each word."],
     ["how were our own samples recorded", "who and where did we record", "what set-up for the self recorded data", "with which devices did i tape my colleagues"],
     [["kitchen", "phone"]], ["9", "11", "14"]),
    ("license", "release_plan", "Others", "decision",
     ["Code goes out under Apache-2.0 but the recordings stay inside, the consent form has no word on publishing. Release in week {v}."],
     ["will our recordings be published", "what licence for the code", "why cant the recorded audio be given away", "what did we decide about releasing"],
     [["Apache-2.0", "consent form"]], ["30", "45"]),
    ("deadline", "submission_dates", "Paper", "decision",
     ["We skip Interspeech. The few-shot part is not ready, target is {v} instead."],
     ["which venue do we aim at now", "why not interspeech", "where do we submit", "what conference instead of interspeech"], [["{v}"]], ["ASRU", "SLT", "ICASSP"]),
    ("onnx", "phone_export", "Code", "debug",
     ["Export stopped at the GRU: dynamic batch is not supported by opset {v}.", "Unrolled it over time by hand, it is only 13 steps after pooling."],
     ["how did i get the recurrent layer exported", "what stopped the onnx conversion", "export trouble, what was it", "how did i work around dynamic batch"],
     [["dynamic batch", "Unrolled"]], ["13", "14"]),
    ("gain", "loudness", "Code", "why",
     ["Do not normalise loudness per clip: a whispered word then gets the noise floor of {v} dB boosted and the model takes hiss as class cue."],
     ["why is there no volume normalisation", "what goes wrong when each file is scaled to same level", "reason against loudness scaling", "what happens with whispered words when normalising"],
     [["hiss", "noise floor"]], ["-52", "-48"]),
    ("rir", "far_field", "Study", "idea",
     ["Simulated rooms could replace the babble noise. Convolve with {v} impulse responses, test only on real rooms."],
     ["what was the idea for reverberation", "alternative to babble noise?", "how do i imagine far field augmentation", "what should replace babble"],
     [["impulse responses", "Simulated rooms"]], ["60", "200"]),
    ("margin", "arcface_try", "Study", "why",
     ["Angular margin {v} made base classes tight but the novel ones collapse into the neighbour. I drop the margin."],
     ["why did i give up the angular margin", "what was the side effect of the margin loss", "arcface like loss: whats the drawback", "reason to remove margin"],
     [["collapse"]], ["0.2", "0.35"]),
    ("git", "code_hygiene", "Code", "how",
     ["To know which code made a result I now tag each launch: `git tag run-<date>`, and the launcher refuses a dirty tree with more than {v} changed lines."],
     ["how do i find which code belongs to a result", "what do i do to track the version of a run", "when does the launcher refuse", "method to link results to code state"],
     [["git tag", "dirty tree"]], ["50", "20"]),
    ("thermal", "gpu_heat", "Lab", "debug",
     ["Card 1 throttles, {v} degrees. The fan filter was closed with dust, cleaned it and the epoch is fast again."],
     ["why was the second gpu slowed down", "reason of the hot card", "gpu overheating, what was found", "what made card 1 slow"],
     [["dust", "fan filter"]], ["91", "88"]),
    ("pool", "pooling_choice", "Idea", "decision",
     ["Attentive pooling keeps, mean pooling goes. Mean mixes the pause into the word, and with {v} frames most is pause."],
     ["mean or attentive pooling, what did i choose", "which pooling stays", "why is average pooling bad here", "decision on how to pool over time"],
     [["Attentive pooling"]], ["101", "76"]),
    ("labels", "label_noise", "Study", "how",
     ["Listened to the {v} samples with the highest loss. A fifth is cut in the middle of the word, I moved them to `exclude.csv`."],
     ["how did i deal with broken recordings", "what did i find when listening to the hardest examples", "where are the bad samples listed", "what happened with clips cut off"],
     [["exclude.csv", "A fifth"]], ["100", "150"]),
    ("cross", "german_words", "Idea", "next",
     ["After the deadline: freeze everything trained on English and enrol {v} German commands, just to see how far it carries."],
     ["what experiment in another language is planned", "which test comes once the deadline is over", "foreign language enrolment, what is the plan", "what will be done with german"],
     [["{v} German commands", "enrol"]], ["8", "12"]),
    ("stream", "live_mode", "Idea", "next",
     ["Live mode is the next thing to build: ring buffer of {v} ms, decision only when two windows in a row agree."],
     ["how shall continuous listening work", "what do i build next for real time use", "when will the live detector fire, plan?", "idea to avoid single false triggers when streaming"],
     [["two windows"]], ["1000", "1200"]),
    ("hard", "sampler_plan", "Idea", "next",
     ["To try soon: batches of {v} classes that sound alike, drawn by phoneme edit distance, in place of random ones."],
     ["how should batches be composed in future", "plan for picking similar sounding classes", "what do i intend to change in batch sampling", "harder batches: by which measure will they be drawn"],
     [["phoneme edit distance"]], ["6", "10"]),
    ("ask_author", "email_authors", "Others", "next",
     ["Still to ask the TEEN authors: do they use the softmax temperature {v} in the test as well? Paper is silent on it."],
     ["what do i want to ask the authors of teen", "open question for the teen people", "which detail is missing in the teen paper", "why write to the authors of teen"],
     [["softmax temperature"]], ["12", "20"]),
]  # fmt: skip

ABSENT = [
    "what did i write about diffusion vocoders", "why did i change the tokenizer", "how did i set up federated learning",
    "what did the ethics board say", "what was the idea with graph neural networks", "how do i calibrate the accelerometer",
    "what did the dentist tell me", "which tts voice did i choose for the demo", "why was the summer school cancelled",
    "what did i decide about quantum annealing", "how did we annotate emotions", "what is the plan for the wake word chip tape-out",
    "why did beam search get slow", "what did kaldi alignments show", "how much was the travel grant",
    "what did i note on wav2vec pretraining in mandarin",
]  # fmt: skip
# Near misses: a word of a story, another thing asked.
NEAR = [
    "which brand is the coffee machine in the kitchen", "what dropout did the vocoder have", "who won the bet at the seminar",
    "what is the price of a new gpu fan", "what password has the wifi", "how long was the flight to interspeech",
    "which tmux colour theme do i use", "what did reviewer 4 write", "how many pages has the phd thesis chapter on vision",
    "what colour has the lab mic", "which pizza did the colleagues order",
]  # fmt: skip
# Asked of a story that is told, which says nothing of it.
BESIDE = {
    "mic": ["which brand is the lab microphone", "how much were the colleagues paid for recording"],
    "pool": ["how many heads does the attentive pooling have", "who proposed attentive pooling to us"],
    "license": ["who wrote the consent form", "on which website will the code be uploaded"],
    "rir": ["which rooms did we measure ourselves for the impulse responses", "how loud was the babble noise in db"],
    "disk": ["what did the new drive for /data2 cost", "who mounted the scratch partition"],
    "driver": ["which cuda toolkit did i install after the nvidia-smi trouble", "who switched on the unattended upgrades"],
    "amp": ["how much memory did half precision save", "how much faster is bf16 than float32"],
    "onnx": ["how many milliseconds needs the exported model on the phone", "how big is the onnx file in megabytes"],
    "thermal": ["who has the key of the server room because of the fan", "how loud is the fan of card 1"],
    "deadline": ["what is the page limit of the venue we target", "which reviewer scores did our interspeech paper get"],
    "labels": ["who helped me to listen to the high loss samples", "which software plays the excluded clips"],
    "git": ["on which platform is our git repository hosted", "who reviews my pull requests"],
    "bed": ["how did native listeners do on the confused words", "which accent do the confused speakers have"],
    "tsne": ["what perplexity had my t-sne plots", "which colour map do the embedding pictures use"],
    "speaker": ["how old are the speakers that leaked", "how many female speakers are in the split"],
    "advisor_table": ["which day is the next meeting with prof han", "what did prof han say about the title"],
}  # fmt: skip
TASKS = [
    "Draw the confusion matrix of session {n}", "Write the related work on prototype networks", "Clean the plotting notebook",
    "Ask Minji for the babble recordings", "Check the gradient norm of the classifier", "Port the mel front end to torchaudio",
    "Read the survey about continual learning", "Order a new hard disk", "Make slides for the group seminar",
    "Rename the checkpoints of the old project", "Measure memory on the phone", "Try a larger hop length",
    "Answer the mail of the program chair", "Book the train to Lyon", "Collect the misheard digits", "Delete unused branches",
    "Test a bidirectional layer", "Compare prototypes before and after averaging", "Fix the axis labels of figure {n}",
    "Look at the shortest clips", "Register for the speech workshop", "Write unit test for the sampler",
    "Study the proof of the margin bound", "Back up the home folder", "Return the borrowed headset", "Review a paper for the journal",
    "Profile the evaluation loop", "Prepare the consent sheets", "Translate the abstract", "Update the group web page",
]  # fmt: skip
FILLER = [
    "Read a bit about {a} and {b}, nothing to do now.", "Talked with Minji over {a}. She is sceptical.",
    "Maybe {a} matters less than I beleive.", "Looked at {b} the whole morning, no clear picture.",
    "The paper is about {a}, they say nothing of {b}.", "TODO list is somewhere else. Here only {a}.",
    "Is {a} related to {b}? Not sure...", "Slept badly. Only small things with {b}.", "Nice figure on {a} in the appendix of them.",
    "They evaluate {b} on images and not on speech.", "==Do not forget {a}==", "Differnet people call {b} by differnet names.",
]  # fmt: skip
THINGS = [
    "padding of batches",
    "speaker embeddings",
    "window functions",
    "prototype drift",
    "silence detection",
    "text encoders",
    "old checkpoints",
    "the seminar room",
    "mel filters",
    "noise files",
    "the driver update page",
    "margin losses",
    "attention maps",
    "kitchen noise",
    "frame rates",
    "distillation surveys",
    "the review form",
    "word lists",
    "the workshop page",
    "half precision docs",
    "pooling operators",
    "room acoustics",
    "phone models",
    "export formats",
    "loudness curves",
    "calibration curves",
    "split files",
    "seed values",
    "disk prices",
    "fan curves",
]
TOPICS = [
    "attention",
    "transfer",
    "prototype",
    "speech",
    "keyword",
    "session",
    "memory",
    "margin",
    "noise",
    "spectral",
    "temporal",
    "residual",
    "contrastive",
    "tiny",
]
SHAPES = ["study", "notes", "survey", "reading", "ideas", "log", "draft", "sketch", "check", "thoughts"]


@dataclass
class Section:
    """A day of a note. subs: sub-headings with their lines."""

    heading: str
    lines: list[str] = field(default_factory=list)
    subs: list[tuple[str, list[str]]] = field(default_factory=list)


@dataclass
class Run:
    """A run. start: the day of its Server entry; day: the effective day of its result."""

    start: Day
    day: Day
    config: dict[str, str]
    changed: list[str]
    title: str
    state: str = "finished"  # finished, nan, stopped
    figures: dict[str, list[float]] = field(default_factory=dict)
    verdict: str = ""
    verdict_at: str = ""
    copied: bool = False
    misfit: float = 0.0
    slip: str = ""
    sweep: dict[str, float] = field(default_factory=dict)
    shown: str = ""
    server: str = ""
    result: list[str] = field(default_factory=list)  # accepted places of the result

    @property
    def plain(self) -> bool:
        """Whether nothing is odd about it."""
        odd = self.verdict or self.copied or self.misfit or self.slip or self.sweep
        return self.state == "finished" and not odd


def number(value: float) -> str:
    """A figure as it is written."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def days_said(day: Day) -> list[str]:
    """Accepted ways to name a day."""
    month = day.strftime("%B")
    both = [f"{d}" for m in (month, month[:3]) for d in (f"{day.day} {m}", f"{m} {day.day}", f"{day.day:02d} {m}")]
    return [day.strftime(f) for f in FORMS] + both


class Diary:
    """Draws a vault, writes it and asks about it."""

    def __init__(self, root: Path, seed: int, notes: int) -> None:
        self.root, self.rng, self.seed, self.size = root, random.Random(f"diary {seed}"), seed, notes
        self.notes: dict[str, dict[Day, Section]] = {}
        self.runs: list[Run] = []
        self.tasks: list[tuple[str, Day, str, list[str]]] = []  # text, last day, state, places
        self.questions: list[Question] = []
        self.asked: set[str] = set()
        rng = self.rng
        self.first = Day(2024, 9, 2) + ONE * rng.randrange(500)
        self.span = rng.randrange(58, 85)
        self.last = self.first + ONE * self.span
        self.today = self.last + ONE * rng.randrange(0, 3)
        self.forms = rng.sample(FORMS, 3)
        self.turn = [self.first + ONE * rng.randrange(10, 40), self.first + ONE * rng.randrange(40, 80)]
        self.gap = self.first + ONE * rng.randrange(20, 40)
        self.gap_days = rng.randrange(8, 12)
        self.fixed = {
            "lr_base": rng.choice(["0.005", "0.003", "0.02"]),
            "decay": rng.choice(["0.0005", "0.0002", "0.001"]),
            "epochs_base": rng.choice(["100", "70", "90"]),
            "batch_size_base": rng.choice(["128", "64", "96"]),
            "temperature": "16",
            "noise_prob": "0.0",
        }
        self.options = rng.sample(sorted(CHANGES), 6)
        self.unused = [o for o in sorted(CHANGES) if o not in self.options and o not in ("temperature", "noise_prob")]

    # The vault

    def at(self, note: str, day: Day) -> Section:
        """The section of a day, made when missing."""
        days = self.notes.setdefault(note, {})
        if day not in days:
            form = self.forms[sum(day >= t for t in self.turn)]
            days[day] = Section(day.strftime(form))
        return days[day]

    def work_day(self) -> Day:
        """A day outside the gap."""
        while True:
            day = self.first + ONE * self.rng.randrange(self.span)
            if day.weekday() != 6 and not self.gap <= day < self.gap + ONE * self.gap_days:
                return day

    def draw_runs(self) -> None:
        """Configurations, days and figures."""
        rng = self.rng
        drawn: list[tuple[str, dict[str, str]]] = []
        for layer in LAYERS:
            drawn.append((layer, {}))
            singles = rng.sample(self.options, rng.randrange(3, 5))
            drawn += [(layer, {o: rng.choice(CHANGES[o])}) for o in singles]
        while len(drawn) < rng.randrange(20, 27):
            layer = rng.choice(list(LAYERS))
            two = {o: rng.choice(CHANGES[o]) for o in rng.sample(self.options, rng.choice([1, 2, 2]))}
            if (layer, two) not in drawn:
                drawn.append((layer, two))
        rng.shuffle(drawn)
        taken: set[float] = set()
        for layer, change in drawn:
            start = self.work_day()
            late = rng.choice([0, 0, 0, 1, 1, 2])
            end = min(start + ONE * late, self.last)
            if self.gap <= end < self.gap + ONE * self.gap_days:
                end = start
            said = "".join(f", `{o}` {v}" for o, v in change.items())
            extra = "" if said else rng.choice([", nothing else", ", default of all others", ", rest untouched"])
            config = {"project": "trans", "dataset": "gsc2", **self.fixed, **change, "sequential_layer": f'"{layer}"'}
            run = Run(start, end, config, list(change), f"{LAYERS[layer][0]}{said}{extra}")
            while True:
                run.figures = self.draw_figures()
                if not any(v in taken for row in run.figures.values() for v in row):
                    break
            taken |= {v for row in run.figures.values() for v in row}
            self.runs.append(run)
        more = [
            (a, b)
            for a in self.runs
            for b in self.runs
            if a.config["sequential_layer"] == b.config["sequential_layer"]
            and len(b.changed) == len(a.changed) + 1
            and all(o in b.changed and a.config[o] == b.config[o] for o in a.changed)
        ]
        # Some runs stand right below the one they add an option to.
        moved: list[Run] = []
        for a, b in rng.sample(more, len(more)):
            if len(moved) < 8 and a not in moved and b not in moved:
                moved += [a, b]
                b.start, b.day = a.start, a.day
                self.runs.remove(b)
                self.runs.insert(self.runs.index(a) + 1, b)
        self.runs.sort(key=lambda r: (r.start, r.day))
        odd = rng.sample(range(len(self.runs)), 8)
        for at, state in zip(odd[:3], ["nan", "stopped", rng.choice(["nan", "stopped"])], strict=True):
            self.runs[at].state, self.runs[at].figures, self.runs[at].day = state, {}, self.runs[at].start
        own, later, copy, misfit, slip = (self.runs[i] for i in odd[3:])
        own.verdict, own.verdict_at = rng.choice(
            [
                ("This is from wrong code, the test loader was shuffled", "own"),
                ("Wrong result! prototypes were not updated", "own"),
                ("Do not use, the labels were shifted by one", "own"),
            ]
        )
        later.verdict, later.verdict_at = rng.choice(
            [
                ("was evaluated with the training list", "later"),
                ("was made with a stale word list", "later"),
                ("was tested on the wrong checkpoint", "later"),
            ]
        )
        givers = [r for r in self.runs if r.plain and r.day <= copy.day and r not in (copy, misfit, slip)]
        if givers:
            giver = rng.choice(givers)
            copy.figures, copy.copied, giver.copied = giver.figures, True, True
            self.copies = (giver, copy)
        misfit.misfit = misfit.figures["harmonic"][-1]
        misfit.figures["harmonic"][-1] = round(misfit.misfit + rng.choice([4.317, -5.204, 6.118]), 3)
        slip.slip = rng.choice([e for e in ("30", "50", "150") if e != slip.config["epochs_base"]])
        values = rng.choice([["4", "10", "18"], ["0.5", "3", "9"], ["2", "6", "12", "20"]])
        day, layer = self.work_day(), rng.choice(list(LAYERS))
        table = {v: round(rng.uniform(52, 64), 3) for v in values}
        config = {"project": "trans", "dataset": "gsc2", **self.fixed, "sequential_layer": f'"{layer}"'}
        title = f"Sweep over `proto_scale` with {LAYERS[layer][0][0].lower() + LAYERS[layer][0][1:]}"
        self.sweep = Run(day, day, config, ["proto_scale"], title, sweep=table)
        self.sweep.shown = title
        self.runs.append(self.sweep)
        self.runs.sort(key=lambda r: (r.start, r.day))

    copies: tuple[Run, Run] | None = None

    def draw_figures(self) -> dict[str, list[float]]:
        """Four arrays of one run."""
        rng = self.rng
        seen = [round(rng.uniform(90, 97) - i * rng.uniform(0.2, 0.9), 3) for i in range(5)]
        top = rng.uniform(60, 78)
        unseen = [round(top - i * rng.uniform(2, 4) - rng.random(), 3) for i in range(5)]
        harmonic = [round(2 * s * u / (s + u), 3) for s, u in zip(seen, unseen, strict=True)]
        start = rng.uniform(94, 98)
        overall = [round(start - i * rng.uniform(1.8, 2.9), 3) for i in range(6)]
        return {"accuracy": overall, "seen": seen, "unseen": unseen, "harmonic": harmonic}

    def write_runs(self) -> None:
        """Server and Experiments."""
        rng = self.rng
        fence, glued = rng.choice(["sh full config", "sh gsc2.sh"]), rng.random() < 0.5
        old_style = self.first + ONE * rng.randrange(0, 25)
        for run in self.runs:
            section = self.at("Server", run.start)
            run.server = f"Server#{section.heading}"
            box = {"finished": "x", "nan": "x", "stopped": "-"}[run.state] if not run.sweep else "x"
            words = f", {run.slip} epochs" if run.slip else ""
            lines = [f"- [{box}] {run.title}{words}."]
            if rng.random() < 0.3:
                lines += [
                    "  > [!note]",
                    f"  > Code : [[{rng.choice(['lpc_windowing', 'dataloading', 'speach_code'])}#{section.heading}]]",
                ]
            if rng.random() < 0.2 and run.state == "finished":
                lines += [
                    f"  1{rng.randrange(10)}:{rng.randrange(10, 60)}:{rng.randrange(10, 60)} : session 2 running, looks normal"
                ]
            info = fence if run.start < self.turn[0] else "sh gsc2.sh"
            lines += ["", f"```{info}"]
            for i, value in enumerate(run.sweep or [""]):
                config = {**run.config, **({"proto_scale": value} if run.sweep else {})}
                lines += [""] if i else []
                lines += ["python train.py trans \\"]
                items = [f"  -{o} {v}" for o, v in config.items()]
                mark = "\\" if glued and run.start < self.turn[1] else " \\"
                dangling = mark if run.start < self.turn[0] else ""
                lines += [f"{item}{mark}" for item in items[:-1]] + [items[-1] + dangling]
            lines += ["```"]
            if run.state == "nan":
                lines += [rng.choice(["NaN occurs.", "Loss is NaN after epoch 3.", "> [!fail] NaN in the logits."])]
            elif run.state == "stopped":
                lines += [
                    rng.choice(["Stopped.", "Stopped, server needed for others.", "> [!warning] Stopped by hand."])
                ]
            else:
                form = self.forms[sum(run.day >= t for t in self.turn)]
                lines += ["> [!note] Result", f"> [[Experiments#{run.day.strftime(form)}]]"]
            section.lines += [*lines, "---", ""]
        done = sorted((r for r in self.runs if r.state == "finished"), key=lambda r: r.day)
        before: Run | None = None
        for run in done:
            section = self.at("Experiments", run.day)
            place = section.lines
            heading = section.heading
            run.result = [f"Experiments#{heading}"]
            older = [d for d in self.notes["Experiments"] if d < run.day]
            if run.plain and sum(r.day == run.day for r in done) == 1 and older and rng.random() < 0.4:
                del self.notes["Experiments"][run.day]
                parent = self.notes["Experiments"][max(older)]
                heading, place = f"Results-{section.heading}", []
                parent.subs.append((heading, place))
                run.result = [f"Experiments#{heading}", f"Experiments#{parent.heading}"]
            run.shown = run.title
            if before and not run.sweep and before.day == run.day and before.result == run.result:
                same = [o for o in before.changed if before.config[o] == run.config.get(o)]
                kin = before.config["sequential_layer"] == run.config["sequential_layer"]
                fresh = [o for o in run.changed if o not in same]
                if kin and len(same) == len(before.changed) and len(fresh) == 1 and not before.sweep:
                    run.shown = f"Same setting with the experiment above, but `{fresh[0]}` {run.config[fresh[0]]}"
            before = run
            place += self.record(run, run.day < old_style)
        later = next((r for r in self.runs if r.verdict_at == "later"), None)
        if later:
            day = min(later.day + ONE * rng.randrange(2, 6), self.last)
            note = self.at(rng.choice(["Scratch", "evaluation_errors"]), day)
            name = next(n for n, s in self.notes.items() if any(x is note for x in s.values()))
            heading = f"Retract-{day.strftime(FORMS[2])}"
            note.subs.append(
                (heading, [f"> [!{rng.choice(['warning', 'fail', 'Error'])}] {later.title} ([[{later.result[0]}]]) {later.verdict}.", "> So that result does not count.", ""])
            )  # fmt: skip
            self.later_place = [f"{name}#{heading}", f"{name}#{note.heading}"]
            self.later_day = day

    later_place: list[str]
    later_day: Day

    def record(self, run: Run, old: bool) -> list[str]:
        """The lines of a result."""
        rng = self.rng
        if run.sweep and rng.random() < 0.5:
            rows = [f"| {v} | {number(h)} |" for v, h in run.sweep.items()]
            return [
                f"> {run.title}.",
                "",
                "| `proto_scale` | harmonic mean, last session |",
                "| --- | --- |",
                *rows,
                "",
            ]
        if run.sweep:
            lines = [f"> {run.title}.", f"> Server : [[{run.server}]]"]
            for value, last in run.sweep.items():
                row = [round(last + d, 3) for d in (9.1, 6.4, 4.2, 2.3, 0)]
                lines += [f"`proto_scale` {value}", "Harmonic mean:", f"[{', '.join(map(number, row))}]"]
            return [*lines, ""]
        rows = {k: f"[{', '.join(map(number, v))}]" for k, v in run.figures.items()}
        arrays = [
            rows["accuracy"],
            "Seen acc:",
            rows["seen"],
            "Unseen acc:",
            rows["unseen"],
            "Harmonic mean:",
            rows["harmonic"],
        ]
        verdict = [f"> [!{rng.choice(['fail', 'error', 'FAIL'])}] {run.verdict}."] if run.verdict_at == "own" else []
        if old and not verdict:
            return [f"```txt {run.shown}", *arrays, "```", ""]
        head = [f"> {run.shown}."] if rng.random() < 0.7 else ["> [!note] Config", f"> {run.shown}."]
        remark = rng.choice(
            [[], [], ["- Falls fast after session 3."], ["- As expected."], ["- Hmm, not what I beleived."]]
        )
        return [*head, *verdict, f"> Server : [[{run.server}]]", *arrays, *remark, ""]

    def write_tasks(self) -> None:
        """A to-do note a month, some tasks again under a later day."""
        rng = self.rng
        pool = [t.format(n=rng.randrange(2, 5)) for t in rng.sample(TASKS, rng.randrange(16, 24))]
        for text in pool:
            day = self.work_day()
            state = rng.choice([" ", " ", "x", "x", "-", ">"])
            places = []
            later = day + ONE * rng.randrange(1, 6)
            twice = rng.random() < 0.25 and later.month == day.month and later <= self.last
            for at, mark in [(day, " "), (later, state)] if twice else [(day, state)]:
                note = at.strftime("%B")
                section = self.at(note, at)
                kind = rng.choice(["Code", "Paper", "Study", "Others", "Lab", "Tomorrow"])
                heading = f"{kind}-{section.heading}"
                lines = next((ls for h, ls in section.subs if h == heading), None)
                if lines is None:
                    lines = []
                    section.subs.append((heading, lines))
                clock = (
                    f"1{rng.randrange(10)}:{rng.randrange(10, 60)}:{rng.randrange(10, 60)} : "
                    if rng.random() < 0.15
                    else ""
                )
                lines.append(f"- [{mark}] {clock}{text}")
                if rng.random() < 0.25:
                    lines += [
                        f"  > Detail : {rng.choice(['half an hour', 'ask before', 'see [[speach_code]]', 'not urgent'])}"
                    ]
                places = [f"{note}#{heading}", f"{note}#{section.heading}"]
            self.tasks.append((text, later if twice else day, state, places))

    def write_rest(self) -> None:
        """Stories, thoughts and notes that share words with them."""
        rng = self.rng
        chosen = rng.sample(STORIES, rng.randrange(17, 21))
        self.told: list[tuple[Story, str, Day, list[str]]] = []
        for story in chosen:
            _, note, sub, _, lines, _, _, values = story
            value, day = rng.choice(values), self.work_day()
            while day in self.notes.get(note, {}):
                day = self.work_day()
            section = self.at(note, day)
            heading = f"{sub}-{section.heading}"
            text = [line.format(v=value) for line in lines]
            layout = rng.randrange(4)
            if layout == 0:
                body = [f"- {line}" for line in text]
            elif layout == 1:
                body = [
                    "---",
                    f"> [!{rng.choice(['note', 'important', 'Tip'])}]",
                    *(f"> {line}" for line in text),
                    "---",
                ]
            elif layout == 2:
                body = text
            else:
                body = [f"1{rng.randrange(10)}:{rng.randrange(10, 60)}:{rng.randrange(10, 60)} : {text[0]}", *text[1:]]
            if rng.random() < 0.25:
                body += ["```python", "def step(x):", "    return x.mean(0)```"]
            section.subs.append((heading, [*body, ""]))
            places = [f"{note}#{heading}", f"{note}#{section.heading}"]
            self.told.append((story, value, day, places))
        self.untold = [s for s in STORIES if s not in chosen]
        for _ in range(14):
            self.at("Scratch", self.work_day()).lines += [f"- {self.filler()}" for _ in range(rng.randrange(1, 4))]
        names = [f"{a}_{b}_{c}" for a in TOPICS for b in TOPICS if a != b for c in SHAPES[:6]]
        rng.shuffle(names)
        while len(self.notes) < self.size:
            for _ in range(rng.randrange(1, 4)):
                section = self.at(names[0], self.work_day())
                section.lines += [f"- {self.filler()}" for _ in range(rng.randrange(2, 6))]
                if rng.random() < 0.2:
                    section.lines += [f"- See [[{rng.choice(names)}#{section.heading}]]"]
            names.pop(0)

    def filler(self) -> str:
        """A thought of no weight."""
        a, b = self.rng.sample(THINGS, 2)
        return self.rng.choice(FILLER).format(a=a, b=b)

    def write(self) -> None:
        """The files."""
        self.root.mkdir(parents=True, exist_ok=True)
        for name, days in self.notes.items():
            lines = ["---", f"id: {name}", "aliases: []", "tags: []", "---", "", f"# {name}", ""]
            for _, section in sorted(days.items()):
                lines += [f"## {section.heading}{' ' if self.rng.random() < 0.2 else ''}", *section.lines]
                level = "####" if name not in ("Server", "Experiments") and self.rng.random() < 0.1 else "###"
                for heading, body in section.subs:
                    lines += [f"{level} {heading}", *body]
                lines.append("")
            (self.root / f"{name}.md").write_text("\n".join(lines), "utf-8")

    # The questions

    def add(self, kind: str, wordings: Sequence[str], answered: bool = True, **gold: object) -> None:
        """One question in one of its wordings, typed in a hurry."""
        rng = self.rng
        text = rng.choice(list(wordings))
        if rng.random() < 0.12:
            words = text.split(" ")
            at = [i for i, w in enumerate(words) if w.isalpha() and w.islower() and len(w) > 6]
            if at:
                i, j = rng.choice(at), rng.randrange(2, 5)
                w = words[i]
                words[i] = w[:j] + w[j + 1] + w[j] + w[j + 2 :]
                text = " ".join(words)
        text += rng.choice(["", "", "?", "?"])
        if text in self.asked:
            return
        self.asked.add(text)
        n = f"diary-{self.seed}-{len(self.questions) + 1:03d}"
        self.questions.append(Question(n, kind, text, self.today.isoformat(), answered, **gold))  # type: ignore[arg-type]

    def names(self, run: Run, dated: bool = True) -> list[str]:
        """Texts that tell this run from the others."""
        shown = [run.title, run.shown or run.title]
        if not run.sweep:
            for option in run.changed:
                value = run.config[option]
                holders = [r for r in self.runs if r.config.get(option) == value and option in r.changed]
                if holders == [run]:
                    shown += [f"`{option}` {value}", f"{option} {value}", f"{option}={value}", f"{option} = {value}"]
        alone = [r for r in self.runs if {r.start, r.day} & {run.start, run.day}] == [run]
        days = [f for d in {run.start, run.day} for f in days_said(d)] if alone and dated else []
        return list(dict.fromkeys([*shown, *(s.replace("`", "") for s in shown), *days]))

    def layer(self, run: Run) -> str:
        """The layer's name."""
        return run.config["sequential_layer"].strip('"')

    def said(self, run: Run) -> str:
        """The run in the words of a question."""
        rng = self.rng
        told = [f"{rng.choice(SAID[o])} {run.config[o]}" for o in run.changed]
        layer = rng.choice(LAYERS[self.layer(run)][1])
        return rng.choice(
            [f"{layer} with {' and '.join(told)}", f"{layer}, {', '.join(told)}", f"{layer} + {' + '.join(told)}"]
        )

    def sole(self, run: Run) -> bool:
        """Whether the question's words fit this run alone."""
        if not run.changed or run.sweep:
            return False
        fits = [
            r
            for r in self.runs
            if self.layer(r) == self.layer(run) and all(r.config.get(o) == run.config[o] for o in run.changed)
        ]
        return fits == [run]

    def cite(self, run: Run) -> list[str]:
        """Any place of a run."""
        return [run.server, *run.result]

    def inside(self, run: Run, start: Day, end: Day) -> bool | None:
        """Whether a run lies in an interval; None when only partly."""
        both = {start <= d <= end for d in (run.start, run.day)}
        return both.pop() if len(both) == 1 else None

    def intervals(self) -> list[tuple[list[str], list[tuple[Day, Day]]]]:
        """Wordings of intervals, each with all its readings."""
        rng, today = self.rng, self.today
        monday = today - ONE * today.weekday()
        listed: list[tuple[list[str], list[tuple[Day, Day]]]] = [
            (["today"], [(today, today)]),
            (["yesterday"], [(today - ONE, today - ONE)]),
            (["this week"], [(monday, today)]),
            (["last week", "in the last calendar week"], [(monday - 7 * ONE, monday - ONE)]),
            (["in the past 10 days", "during last 10 days"], [(today - ONE * k, today) for k in (9, 10)]),
            (["over the last two weeks", "past 14 days"], [(today - ONE * k, today) for k in (13, 14)]),
        ]
        for day in sorted({d for r in self.runs for d in (r.start,)}):
            name = f"{day.day} {day.strftime('%B')}"
            back = (today - day).days
            listed.append(
                ([f"on {name}", f"on {day.strftime('%B').lower()} {day.day}", f"on {day.isoformat()}"], [(day, day)])
            )
            if 1 < back < 7:
                weekday = day.strftime("%A").lower()
                listed.append(
                    ([f"on {weekday}", f"last {weekday}"] if day < monday else [f"on {weekday}"], [(day, day)])
                )
        for _ in range(14):
            day = self.first + ONE * rng.randrange(self.span - 8)
            end = day + ONE * rng.randrange(2, 8)
            a, b = (f"{d.day} {d.strftime('%B').lower()}" for d in (day, end))
            words = [
                f"between {a} and {b}",
                f"from {a} to {b}",
                f"{a} - {b}",
                f"from {day.isoformat()} until {end.isoformat()}",
            ]
            listed.append((words, [(day, end)]))
            week = day - ONE * day.weekday()
            listed.append(([f"in the week of {a}", f"the week of {a}"], [(week, week + 6 * ONE), (day, day + 6 * ONE)]))
        day = self.last - ONE * rng.randrange(5, 12)
        name = f"{day.day} {day.strftime('%B').lower()}"
        listed.append(([f"since {name}", f"from {name} on"], [(day, today)]))
        month = self.last.replace(day=1)
        listed.append(([f"in the first half of {month.strftime('%B').lower()}"], [(month, month + 14 * ONE)]))
        return [one for one in listed if one[1]]

    def ask_intervals(self) -> None:
        """What ran in an interval."""
        rng, count, empty = self.rng, 0, 0
        listed = self.intervals()
        rng.shuffle(listed)
        named = re.compile("|".join(Day(2025, m, 1).strftime("%B").lower() for m in range(1, 13)))
        near_ones = [one for one in listed if not named.search(one[0][0].lower())]
        for words, readings in near_ones[:5] + [one for one in listed if one not in near_ones]:
            lies = [{self.inside(r, *reading) for reading in readings} for r in self.runs]
            if any(len(x) > 1 or None in x for x in lies):
                continue
            held = [r for r, x in zip(self.runs, lies, strict=True) if True in x]
            when = rng.choice(words)
            asks = [
                f"what did gpu do {when}",
                f"which runs {when}",
                f"what experiments did i run {when}",
                f"what was trained {when}",
                f"show the runs {when}",
            ]
            if held and len(held) <= 4 and count < 10:
                near = [r for r in self.runs if r not in held and not any(r.title in h.title for h in held)]
                mid = held[0].start
                near.sort(key=lambda r: abs((r.start - mid).days))
                never = [near[0].title] if near else []
                self.add("interval", asks, must=[self.names(r, False) for r in held],
                         sections=[self.cite(r) for r in held], never=never)  # fmt: skip
                count += 1
            elif not held and empty < 2 and readings[0][1] <= self.last:
                # The week after must not be what was meant.
                self.add("interval none", asks, answered=False)
                empty += 1
        end = self.gap + ONE * (self.gap_days - 1)
        a, b = (f"{d.day} {d.strftime('%B').lower()}" for d in (self.gap + ONE, end))
        if not any(self.gap < d <= end for r in self.runs for d in (r.start, r.day)):
            self.add("interval none", [f"which runs did i start between {a} and {b}", f"what did the gpu do from {a} to {b}",
                     f"results that came {a} - {b}", f"what was trained between {a} and {b}"], answered=False)  # fmt: skip
        before = self.first - ONE * rng.randrange(50, 80)
        self.add("interval none", [f"what did gpu do in {before.strftime('%B %Y').lower()}", f"which runs were in {before.strftime('%B %Y')}",
                 f"show experiments of {before.strftime('%B %Y')}", f"best run of {before.strftime('%B %Y').lower()}"], answered=False)  # fmt: skip

    def filters(self) -> list[tuple[list[str], Callable[[Run], bool]]]:
        """Subsets of runs that can be asked for."""
        listed: list[tuple[list[str], Callable[[Run], bool]]] = [
            (["of all", "overall in the vault", "of all runs", "so far"], lambda r: True)
        ]
        for name, (_, words) in LAYERS.items():
            phrases = [
                f"of the runs with {w.removeprefix('the ')}"
                if name != "None"
                else f"of the runs {w if w.startswith('without') else 'with ' + w}"
                for w in words
            ]
            listed.append((phrases, lambda r, n=name: self.layer(r) == n))  # type: ignore[misc]
        for option in self.options:
            for value in CHANGES[option]:
                listed.append(
                    (
                        [f"of the runs with {w} {value}" for w in SAID[option]],
                        lambda r, o=option, v=value: r.config.get(o) == v,
                    )
                )  # type: ignore[misc]
        return listed

    def ask_ranks(self, as_of: Day | None = None) -> None:
        """Best, worst, first, last, how many."""
        rng, asked = self.rng, 0
        listed = self.filters()
        whole, rest = listed[0], listed[1:]
        rng.shuffle(rest)
        for words, fits in [whole, *rest]:
            runs = [r for r in self.runs if fits(r) and (as_of is None or max(r.start, r.day) <= as_of)]
            if len(runs) < 2 or asked >= (3 if as_of else 7):
                continue
            metric, best = rng.choice(list(METRICS)), rng.random() < 0.65
            pick = max if best else min
            sure = [r for r in runs if r.plain]
            doubt = [r for r in runs if r.figures and not r.plain]
            if len(sure) < 2:
                continue
            won = pick(sure, key=lambda r: r.figures[metric][-1])
            value = won.figures[metric][-1]
            worse = [r.figures[metric][-1] for r in doubt] + (
                [r.misfit for r in doubt if r.misfit and metric == "harmonic"]
            )
            if metric == "harmonic" or any(r.sweep for r in runs):
                worse += [h for r in runs for h in r.sweep.values()]
            if any(pick(w, value) == w for w in worse):
                continue
            which = rng.choice(["best", "highest", "top"] if best else ["worst", "lowest"])
            name, last, sub = rng.choice(METRICS[metric]), rng.choice(LAST), rng.choice(words)
            gold = {
                "must": [self.names(won), [number(value)]],
                "sections": [won.result],
                "allowed": [p for r in runs for p in self.cite(r)] + self.spots(as_of),
            }
            asks = [f"which run has the {which} {name} {last} {sub}, and how much", f"{which} {name} {last} {sub}: which run and what value",
                    f"{sub}, which has {which} {name} {last}? give number", f"what is the {which} {name} {last} {sub} and which run"]  # fmt: skip
            self.add(
                "as-of" if as_of else ("best" if best else "worst"),
                asks,
                as_of=as_of.isoformat() if as_of else "",
                **gold,
            )
            asked += 1
        if as_of:
            return
        for words, fits in [o for o in rest if sum(map(o[1], self.runs)) >= 1][:7]:
            runs = [r for r in self.runs if fits(r)]
            sub = rng.choice(words).removeprefix("of the runs ")
            if any(r.sweep or r.slip for r in runs):
                continue
            if rng.random() < 0.5 and len(runs) > 1:
                n = len(runs)
                forms = [f"{x} {w}" for x in (str(n), WORDS[n] if n < 13 else str(n), WORDS[n].title() if n < 13 else str(n))
                         for w in ("run", "of ", "exp", "logged", "record", "job", "entr", "in ", "with", "such", "match", "time", "(")]  # fmt: skip
                self.add("count", [f"how many runs {sub} did i do", f"number of runs {sub}", f"how often did i train {sub}", f"count the runs {sub}"],
                         lead=[[*forms, f": {n}", f"**{n}**"]], sections=[self.cite(r) for r in runs])  # fmt: skip
            else:
                first = rng.random() < 0.5
                pick = min if first else max
                won = pick(runs, key=lambda r: r.start)
                other = pick(runs, key=lambda r: r.day)
                ties = [r for r in runs if r is not won and (r.start == won.start or r.day == won.day)]
                if won is not other or ties:
                    continue
                w = "first" if first else "last"
                self.add(w, [f"when did i {w} train {sub}", f"date of the {w} run {sub}", f"on which day was the {w} run {sub}", f"when was the {w} time i ran {sub}"],
                         must=[days_said(won.start) + days_said(won.day)], sections=[self.cite(won)],
                         allowed=[p for r in runs for p in self.cite(r)])  # fmt: skip

    def spots(self, as_of: Day | None) -> list[str]:
        """The places of a later retraction."""
        return [] if as_of and self.later_day > as_of else self.later_place

    def ask_figures(self) -> None:
        """A figure, an option, two runs, an option's effect."""
        rng = self.rng
        sole = [r for r in self.runs if r.plain and self.sole(r)]
        rng.shuffle(sole)
        for run in sole[:7]:
            metric = rng.choice(list(METRICS))
            name, who = rng.choice(METRICS[metric]), self.said(run)
            session = rng.choice([5, 5, 1, 3, 2])
            at = session if metric == "accuracy" else session - 1
            last = (
                rng.choice(LAST)
                if session == 5
                else rng.choice([f"after incremental session {session}", f"in incremental session {session}"])
            )
            value = number(run.figures[metric][at])
            asks = [
                f"what was the {name} {last} of {who}",
                f"{name} {last} for {who}",
                f"{who}: how much {name} {last}",
                f"how high was {name} {last} for {who}",
            ]
            self.add("figure", asks, lead=[[value]], must=[[value]], sections=[run.result], allowed=[run.server])
        base = [r for r in sole[7:9]]
        for run in base:
            value, who = number(run.figures["accuracy"][0]), self.said(run)
            self.add("figure", [f"base session acc of {who}", f"{who}, which accuracy in the base session", f"how good was the base session of {who} (overall acc)",
                     f"acc before any incremental session, {who}"], lead=[[value]], must=[[value]], sections=[run.result], allowed=[run.server])  # fmt: skip
        rng.shuffle(sole)
        for run in sole[:6]:
            option = rng.choice(
                [o for o in ("lr_base", "decay", "epochs_base", "batch_size_base") if o not in run.changed]
            )
            value, word, who = run.config[option], rng.choice(SAID[option]), self.said(run)
            self.add("option", [f"which {word} did i use for {who}", f"{word} of the run {who}", f"what was {word} in {who}", f"{who}: {word} was what"],
                     lead=[[value]], must=[[value]], sections=[[run.server]], allowed=run.result)  # fmt: skip
        pairs = [(a, b) for a in sole for b in sole if a.start < b.start]
        for a, b in rng.sample(pairs, min(5, len(pairs))):
            metric = rng.choice(list(METRICS))
            name, last, x, y = rng.choice(METRICS[metric]), rng.choice(LAST), self.said(a), self.said(b)
            self.add("compare", [f"compare {x} with {y}, {name} {last}", f"{name} {last}: {x} or {y}, who is better", f"{x} vs {y} - {name} {last}",
                     f"difference of {name} {last} between {x} and {y}"],
                     must=[[number(r.figures[metric][-1])] for r in (a, b)], sections=[a.result, b.result], allowed=[a.server, b.server])  # fmt: skip
        plain = {self.layer(r): r for r in self.runs if not r.changed}
        one = [r for r in sole if len(r.changed) == 1 and self.layer(r) in plain and plain[self.layer(r)].plain]
        rng.shuffle(one)
        for run in one[:3]:
            ref, option, metric = plain[self.layer(run)], run.changed[0], rng.choice(list(METRICS))
            word, value = rng.choice(SAID[option]), run.config[option]
            layer = rng.choice(LAYERS[self.layer(run)][1])
            layer = layer if "no" in layer or "without" in layer else f"with {layer.removeprefix('the ')}"
            name, last = rng.choice(METRICS[metric]), rng.choice(LAST)
            ways = (
                ["instead of 16"]
                if option == "temperature"
                else (
                    ["instead of 0.0"]
                    if option == "noise_prob"
                    else ["compared to the run with nothing else changed", "against the same without it"]
                )
            )
            how = rng.choice(ways)
            self.add("effect", [f"{layer}: does {word} {value} help {name} {last}, {how}", f"effect of {word} {value} on {name} {last}, {layer}, {how}",
                     f"is {word} {value} worth it for {name} {last}, {layer}, {how}", f"what does {word} {value} bring in {name} {last} {layer} {how}"],
                     must=[[number(r.figures[metric][-1])] for r in (run, ref)], sections=[run.result, ref.result],
                     allowed=[p for r in self.runs if option in r.changed for p in self.cite(r)] + [run.server, ref.server])  # fmt: skip
        best = max(self.sweep.sweep, key=lambda v: self.sweep.sweep[v])
        if len(set(self.sweep.sweep.values())) == len(self.sweep.sweep):
            self.add("best", ["which proto_scale was best in the sweep by harm. mean in last session", "best proto_scale of the sweep, harmonic mean last session",
                     "proto_scale sweep: what value gave highest harmonic mean at the last session", "what proto scale won the sweep (harm. mean, last session)"],
                     must=[[number(self.sweep.sweep[best])], [best]], sections=[self.sweep.result], allowed=[self.sweep.server])  # fmt: skip

    def ask_doubts(self) -> None:
        """Retracted, copied and stopped runs; figures that do not fit."""
        no = [
            "No,",
            "No.",
            "No:",
            "no,",
            "not ",
            "Not ",
            "NOT",
            "wrong",
            "Wrong",
            "retract",
            "Retract",
            "doubt",
            "differ",
            "disagree",
            "caution",
            "fail",
            "warning",
        ]
        for run in self.runs:
            if not self.sole(run):
                continue
            who = self.said(run)
            if run.verdict:
                place = self.later_place if run.verdict_at == "later" else run.result
                self.add("doubt", [f"can i use the result of {who} in the paper", f"is the result of {who} ok", f"can i trust {who}", f"is {who} still valid"],
                         lead=[[*no, run.verdict]], must=[[run.verdict, " ".join(run.verdict.split()[-3:])]], sections=[place], allowed=self.cite(run) + self.later_place)  # fmt: skip
            elif run.state != "finished":
                word = ["NaN", "nan"] if run.state == "nan" else ["topped"]
                self.add("doubt", [f"what happened to {who}", f"how did the run {who} end", f"did {who} go through to the end", f"what became of {who}"],
                         must=[word], sections=[[run.server]])  # fmt: skip
                name = self.rng.choice(METRICS[self.rng.choice(list(METRICS))])
                self.add("no result", [f"{name} in the last session of {who}", f"what {name} did {who} reach at last session", f"{who}: {name} after last session",
                         f"how much {name} had {who} in the last session"], answered=False)  # fmt: skip
            elif run.misfit:
                self.add("doubt", [f"does the harm. mean of {who} fit to its seen and unseen acc", f"is the harmonic mean right for {who}, last session",
                         f"{who}: is harmonic mean consistent with seen and unseen", f"check the harmonic mean of {who}"],
                         lead=[[*no, number(run.misfit)]], must=[[number(run.figures["harmonic"][-1])]], sections=[run.result], allowed=[run.server])  # fmt: skip
            elif run.slip:
                self.add("doubt", [f"how many epochs did {who} really train", f"epochs of {who}", f"{who}, number of epochs", f"for how many base epochs was {who} trained"],
                         must=[[run.config["epochs_base"]], [run.slip]], sections=[[run.server]], allowed=run.result)  # fmt: skip
        if self.copies:
            a, b = self.copies
            self.add("doubt", ["is there a result that i pasted twice", "do two runs have exactly the same numbers", "which results are identical to another",
                     "any duplicated result arrays, which runs"], must=[self.names(a), self.names(b)], sections=[a.result, b.result],
                     allowed=[a.server, b.server])  # fmt: skip

    def ask_tasks(self) -> None:
        """Tasks by state and month or day."""
        rng = self.rng
        said = {
            " ": ["which tasks of {m} did i never start", "what is still open from {m} to-do", "todo of {m} not started yet", "what in {m} list is untouched, open"],
            "x": ["which tasks did i finish in {m}", "what got done from the {m} to-do", "completed todos of {m}", "what have i ticked off in {m}"],
            "-": ["which tasks of {m} are ongoing", "what is in progress from {m} to-do", "{m} todos that are half done, ongoing", "what was i in the middle of in {m} list"],
            ">": ["what did i defer in {m}", "which tasks of {m} are postponed", "todos put off in {m}", "what was pushed to later in {m}"],
        }  # fmt: skip
        months = sorted({(d.year, d.month) for _, d, _, _ in self.tasks})
        for year, month in months:
            here = [t for t in self.tasks if (t[1].year, t[1].month) == (year, month)]
            for state, words in said.items():
                held = [t for t in here if t[2] == state]
                name = Day(year, month, 1).strftime("%B").lower()
                asks = [w.format(m=name) for w in words]
                if held and len(held) <= 5:
                    other = [t[0] for t in here if t[2] == "x"] if state == " " else [t[0] for t in here if t[2] == " "]
                    self.add(
                        "tasks",
                        asks,
                        must=[[t[0]] for t in held],
                        sections=[t[3] for t in held],
                        never=other if state != "x" else [],
                    )
        for text, _, state, places in rng.sample(self.tasks, 4):
            if state in "x-":
                continue
            lead = (
                ["No,", "No.", "No:", "no,", "not ", "Not ", "never", "Never", "open", "Open", "[ ]"]
                if state == " "
                else ["defer", "Defer", "postpone", "Postpone", "[>]", "No,", "No.", "No:", "not ", "Not "]
            )
            low = text[0].lower() + text[1:]
            self.add("tasks", [f"did i {low} already", f"is this done: {low}", f"have i finished \"{low}\"", f"status of task {low}"],
                     lead=[lead], must=[[text]], sections=[places])  # fmt: skip

    def ask_prose(self) -> None:
        """Stories that were told, and some that were not."""
        rng = self.rng
        for story, value, day, places in self.told:
            _, _, _, kind, _, words, must, _ = story
            gold = [[f.format(v=value) for f in forms] for forms in must]
            self.add(kind, words, must=gold, sections=[places])
            if rng.random() < 0.15 and day > self.first + 8 * ONE:
                cut = day - ONE
                self.add("as-of none", words, answered=False, as_of=cut.isoformat())
        for story in rng.sample(self.untold, 8):
            self.add("absent", story[5], answered=False)
        for text in rng.sample(ABSENT, 5):
            self.add("absent", [text], answered=False)
        beside = [BESIDE[s[0][0]] for s in self.told if s[0][0] in BESIDE]
        for texts in rng.sample(beside, min(4, len(beside))):
            self.add("near miss", texts, answered=False)
        for text in rng.sample(NEAR, 2):
            self.add("near miss", [text], answered=False)

    def ask_nothing(self) -> None:
        """Options never used, metrics never logged."""
        rng = self.rng
        for option in rng.sample(self.unused, min(2, len(self.unused))):
            word, value = rng.choice(SAID[option]), rng.choice(CHANGES[option])
            self.add("no option", [f"best harm. mean with {word} {value}", f"which run used {word} {value}", f"what came out with {word} {value}", f"unseen acc of the gru with {word} {value}"], answered=False)  # fmt: skip
        run = rng.choice([r for r in self.runs if r.plain and r.changed])
        for metric in rng.sample(NO_METRIC, 2):
            who = self.said(run)
            self.add("no metric", [f"what {metric} did {who} have", f"best {metric} of all runs", f"{metric} of {who}", f"which run has the lowest {metric}"], answered=False)  # fmt: skip
        value = rng.choice(["0.97", "0.73", "0.89"])
        self.add("no option", [f"result of the run with noise prob {value}", f"which harm. mean had noise_prob {value}", f"what did noise_prob {value} give", f"unseen acc with noise_prob {value}"], answered=False)  # fmt: skip

    def make(self) -> list[Question]:
        """Vault and questions."""
        self.draw_runs()
        self.write_runs()
        self.write_tasks()
        self.write_rest()
        self.write()
        self.ask_intervals()
        self.ask_ranks()
        self.ask_ranks(self.first + ONE * (self.span * 2 // 3))
        self.ask_figures()
        self.ask_doubts()
        self.ask_tasks()
        self.ask_prose()
        self.ask_nothing()
        return self.questions


def make_journal(root: Path, seed: int, notes: int = 40) -> list[Question]:
    """Writes the vault of a seed to root and returns its questions."""
    return Diary(root, seed, notes).make()


def passage(text: str, heading: str) -> list[str]:
    """The texts under a heading of any level, each up to the next heading of its level or above."""
    parts, level = [], 0
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
    """Gold that no accepted section of the written files holds."""
    missing = []
    for question in questions:
        held = ""
        for place in {p for group in question.sections for p in group} | set(question.allowed):
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
