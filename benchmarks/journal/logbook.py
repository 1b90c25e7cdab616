"""A seeded research journal by a fifth hand: a fluent researcher who asks whole sentences, as one asks a colleague.

Nothing but the conventions of the notes was at hand when it was written. Gold is worked out of what was drawn, by plain
code; a question that two readings would answer differently is dropped. `--verify` looks the gold up in the files.
Usage: python benchmarks/journal/logbook.py OUT --seed 1 --notes 40 [--verify]
"""

from __future__ import annotations

import argparse
import calendar
import datetime
import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from generate import Question

Day = datetime.date
FORMS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d")
COUNT = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
ORDER = ("first", "second", "third", "fourth", "fifth")
DEFAULTS = {
    "lr_base": "0.005",
    "decay": "0.0005",
    "epochs_base": "100",
    "batch_size_base": "128",
    "temperature": "16",
    "noise_prob": "0.0",
}
VALUES = {
    "noise_prob": ["0.2", "0.4", "0.6", "0.8"],
    "temperature": ["4", "8", "12", "24", "32"],
    "lr_base": ["0.001", "0.002", "0.01", "0.02"],
    "decay": ["0.0001", "0.001", "0.002"],
    "epochs_base": ["30", "60", "150", "200"],
    "batch_size_base": ["64", "96", "256"],
    "loss_lpc": ["0.2", "0.5", "1.5"],
    "loss_aug_res": ["0.1", "0.3", "0.7"],
    "loss_regularize": ["0.01", "0.05"],
}
#: Options that a plain reader names in words.
WORDS = {
    "noise_prob": "noise probability",
    "temperature": "temperature",
    "lr_base": "base learning rate",
    "decay": "weight decay",
    "epochs_base": "number of base epochs",
    "batch_size_base": "base batch size",
    "loss_lpc": "`loss_lpc`",
    "loss_aug_res": "`loss_aug_res`",
    "loss_regularize": "`loss_regularize`",
}
NEVER_USED = ["dropout", "label_smoothing", "grad_clip", "ema_decay", "mixup_alpha", "num_heads", "warmup_epochs"]
NEVER_LOGGED = [
    "equal error rate",
    "F1 score",
    "false alarm rate per hour",
    "word error rate",
    "area under the ROC curve",
    "expected calibration error",
    "real-time factor",
]
YES = ["Yes", "yes", "done", "Done", "finished", "Finished", "completed", "[x]"]
OPEN = ["No,", "No.", "No:", "No -", "Not ", "not ", "open", "Open", "never tried", "[ ]", "to do"]
ONGOING = ["ongoing", "Ongoing", "in progress", "In progress", "under way", "[-]", "not finished", "started"]
DEFERRED = ["deferred", "Deferred", "postponed", "put off", "[>]"]
ADJECTIVES = {
    "Code": "coding",
    "Experiments": "Experiments to-do",
    "Paper": "paper",
    "Study": "study",
    "Lab": "lab",
    "Idea": "Idea",
    "Others": "Others",
}
STRUCK = ["cancel", "Cancel", "struck", "Struck", "~~", "dropped", "Dropped", "called off"]


@dataclass
class Story:
    """A thing that the notes tell once. must: decisive words; near: a question close by that the notes do not answer;
    decoys: lines elsewhere that share its words; call: the callout kind it may stand in."""

    kind: str
    note: str
    lines: list[str]
    asks: list[str]
    must: list[list[str]]
    near: str = ""
    decoys: list[str] = field(default_factory=list)
    pick: dict[str, list[str]] = field(default_factory=dict)
    call: str = ""


STORIES = [
    Story(
        "why",
        "Scratch",
        ["Stopped using mixed precision, the loss overflows as soon as the batch holds {n} silent clips."],
        [
            "Could you remind me why we gave up on half-precision training?",
            "What was the reason for turning mixed precision off again?",
            "I have to defend it on Friday: why do we not train in mixed precision?",
        ],
        [["overflows"], ["silent clips"]],
        "Why did we give up on pruning the classifier weights?",
        ["Mixed precision is mentioned in two of the papers, nobody reports the batch."],
        {"n": ["two", "three", "four"]},
        "warning",
    ),
    Story(
        "why",
        "padding_study",
        [
            "Keywords shorter than the window are now padded by repeating the edge frame.",
            "With zeros the model learned the {w} itself, short words all looked alike.",
        ],
        [
            "Why do we no longer fill short keywords up with zeros?",
            "What speaks against zero padding for words that are shorter than the window?",
            "Could you tell me what went wrong when short clips were padded with zeros?",
        ],
        [["looked alike", "edge frame"]],
        "",
        ["Zeros at the end of the window also appear in the plots of the other group."],
        {"w": ["silence", "border"]},
    ),
    Story(
        "how",
        "Server",
        [
            (
                "To get back on the box after the password change: `ssh -J {h} kws@node4`, the key must be "
                "re-added with `ssh-add`."
            ),
        ],
        [
            "How do I log in to the machine since the password was changed?",
            "What was the command for reaching node4 through the jump host again?",
            "Could you remind me how I get onto the GPU machine after the new password?",
        ],
        [["ssh -J"]],
        "What is the IP address of the printer in our office?",
        [],
        {"h": ["gate", "bastion", "door"]},
        "tip",
    ),
    Story(
        "debug",
        "Scratch",
        [
            "Accuracy was the same for every seed because `random.seed` was set inside `__getitem__`.",
            "Moved it to `worker_init_fn`, now the seeds differ by {n} points as they should.",
        ],
        [
            "What was behind the bug where all seeds gave an identical score?",
            "Do you remember why changing the seed had no influence on the accuracy?",
            "How did I repair the problem that different seeds produced the same accuracy?",
        ],
        [["__getitem__", "worker_init_fn"]],
        "Which five seeds did we report in the workshop paper?",
        ["A seed is only a number, do not pick the nicest one."],
        {"n": ["0.4", "0.6", "0.7"]},
        "success",
    ),
    Story(
        "debug",
        "sequence_block",
        [
            "Validation loss exploded on the second GPU only. Cause: batch norm statistics were not synchronised.",
            "`SyncBatchNorm` cures it, costs {n} percent speed.",
        ],
        [
            "What caused the validation loss to blow up on one of the two cards?",
            "When the loss exploded on the second card, what did the culprit turn out to be?",
            "How did we cure the exploding validation loss with two GPUs?",
        ],
        [["SyncBatchNorm", "not synchronised"]],
        "",
        ["Batch norm before or after the block, opinions differ."],
        {"n": ["6", "9", "11"]},
        "error",
    ),
    Story(
        "decision",
        "paper_draft",
        [
            (
                "Agreed with {p}: the paper goes to the spring workshop, not to the main conference, since the "
                "user study is missing."
            ),
        ],
        [
            "Where did we decide to submit the paper, and for what reason?",
            "Why are we not sending the manuscript to the main conference?",
            "Which venue did we settle on for the paper?",
        ],
        [["spring workshop"]],
        "How much is the registration fee of the venue we are submitting to?",
        ["The main conference has a new template, two columns as always."],
        {"p": ["Ines", "Tomasz", "Haruka"]},
        "important",
    ),
    Story(
        "decision",
        "dataset_audit",
        [
            (
                "Clips with a signal-to-noise ratio under {n} dB are thrown out of the evaluation list, but "
                "they stay in training."
            ),
        ],
        [
            "What did we decide to do with very noisy clips in the evaluation set?",
            "Below which signal-to-noise ratio is a recording excluded from evaluation?",
            "For the data section I need the rule by which we removed noisy test clips; what was it?",
        ],
        [["{n} dB"]],
        "Who recorded the noisy clips in the evaluation set?",
        ["Signal-to-noise ratio is defined differently in the older paper."],
        {"n": ["3", "5", "7"]},
        "note",
    ),
    Story(
        "idea",
        "Scratch",
        [
            (
                "Idea: let the residual branch vote only when the two best keyword scores are closer than a "
                "margin, like a second referee."
            ),
        ],
        [
            "What was the thought about consulting the residual branch only in close cases?",
            "Didn't I have an idea about a tie-breaker for keywords with almost equal scores? What was it?",
            "Could you dig out my idea for what to do when the top two keywords score nearly the same?",
        ],
        [["second referee", "residual branch vote"]],
        "",
        ["The residual branch is drawn in green in all slides."],
        {},
        "hint",
    ),
    Story(
        "idea",
        "augmentation_notes",
        [
            (
                "Could stretch only the vowels instead of the whole word, consonants hardly change when people "
                "speak slowly."
            ),
            "Would need phone boundaries from {t}.",
        ],
        [
            "What was the idea for imitating slow speakers in a more realistic way?",
            "How did I want to change the time stretching so that it resembles slow speech?",
            "I once had a thought about augmenting for slow talkers, what was it exactly?",
        ],
        [["only the vowels"]],
        "Which pitch range did we settle on for pitch shifting?",
        ["Whole words are easier to cut than single phones."],
        {"t": ["an aligner", "the forced aligner"]},
        "tip",
    ),
    Story(
        "why",
        "augmentation_notes",
        ["Reverberation is off for now, the room responses came from one cathedral and made every plosive a {s}."],
        [
            "Why is the reverb augmentation disabled at the moment?",
            "For what reason did we switch off simulated room echo?",
            "Could you remind me what was wrong with the room impulse responses?",
        ],
        [["cathedral"]],
        "What was the idea behind mixing babble noise from the canteen?",
        [],
        {"s": ["smear", "fricative"]},
    ),
    Story(
        "how",
        "streaming_front_end",
        [
            (
                "Streaming works with a ring buffer of {n} frames; on each hop only the new frame is computed "
                "and the oldest one is overwritten."
            ),
        ],
        [
            "How does the live version avoid recomputing all features at each hop?",
            "What did I do so that the online front end only processes fresh audio?",
            "Could you explain how feature extraction works in the real-time mode?",
        ],
        [["ring buffer"]],
        "On which phone did we measure the battery drain of the real-time mode?",
        ["A frame is overwritten in the picture on page two, probably a mistake."],
        {"n": ["98", "110", "120"]},
        "example",
    ),
    Story(
        "debug",
        "streaming_front_end",
        [
            (
                "The live demo answered twice to each word. The detection was not muted after a hit, now there "
                "is a dead time of {n} ms."
            ),
        ],
        [
            "Why did the demo fire two times for every spoken keyword, and how was it solved?",
            "What stopped the live demo from reacting twice to the same word?",
            "How long do we suppress detections after a keyword was recognised in the demo?",
        ],
        [["{n} ms", "not muted"]],
        "",
        ["For the live demo bring the long cable."],
        {"n": ["600", "750", "900"]},
    ),
    Story(
        "why",
        "prototype_update",
        [
            (
                "Prototypes are averaged with the median now, one mislabelled shot of five pulled the mean of "
                "`{w}` far away."
            ),
        ],
        [
            "Why did I replace the mean by the median when building prototypes?",
            "What made us move away from averaging the support examples by their mean?",
            "Could you tell me the motivation for using the median for the class prototypes?",
        ],
        [["mislabelled"]],
        "Why did I replace the cosine distance by the Mahalanobis distance for prototypes?",
        ["Prototypes drift in each session, see the plot."],
        {"w": ["bird", "tree", "wow", "marvin"]},
        "important",
    ),
    Story(
        "advisor",
        "advisor_meetings",
        [
            "{p} wants a confusion matrix for each session, not only for the last, and asked to drop the t-SNE plots.",
        ],
        [
            "What did my supervisor ask for concerning plots and figures?",
            "In the meeting about the figures, which plots was I told to leave out?",
            "Which visualisations did my advisor want to see and which not?",
        ],
        [["t-SNE"]],
        "How many pages did my supervisor allow for the appendix?",
        ["A confusion matrix is quicker to read when sorted."],
        {"p": ["Prof. Lindqvist", "Prof. Okafor", "Prof. Marchetti"]},
    ),
    Story(
        "advisor",
        "advisor_meetings",
        ["{p} is on vacation in the last two weeks of the term, drafts before, otherwise she reads them in autumn."],
        [
            "By when does my advisor want the drafts, given her holidays?",
            "What happens if I hand in the draft after my advisor has left on vacation?",
            "Is there a deadline for drafts because of the supervisor being away?",
        ],
        [["autumn"]],
        "",
        [],
        {"p": ["The advisor", "My advisor"]},
    ),
    Story(
        "why",
        "gpu_box",
        ["Jobs died at night because the nightly backup filled `/scratch`; checkpoints go to `/data/{d}` from now on."],
        [
            "Why did my jobs keep dying overnight?",
            "What was responsible for the training jobs that crashed during the night?",
            "Where do checkpoints have to be saved since the trouble with the night-time crashes?",
        ],
        [["backup", "/data/{d}"]],
        "How much memory does the new graphics card in the lab have?",
        ["The backup of the laptop is overdue."],
        {"d": ["kws", "ckpt", "models"]},
        "caution",
    ),
    Story(
        "how",
        "gpu_box",
        [
            (
                "When the card hangs: kill the zombie loader workers first (`fuser -v /dev/nvidia{n}`), a "
                "reboot is not needed."
            ),
        ],
        [
            "What should I do when the graphics card freezes, short of rebooting?",
            "How do I bring a hanging GPU back to life without restarting the machine?",
            "The card is stuck again; what did I note as the remedy?",
        ],
        [["zombie", "fuser"]],
        "",
        ["Reboot of the whole cluster is announced for the holidays."],
        {"n": ["0", "1", "2"]},
        "tip",
    ),
    Story(
        "decision",
        "quantisation",
        ["Eight-bit weights only, activations stay in float: quantising both cost {n} points on unseen words."],
        [
            "What did we settle on for quantisation, weights, activations or both?",
            "Why are the activations not quantised?",
            "How much did we lose on new words when everything was quantised?",
        ],
        [["activations stay in float", "{n} points"]],
        "How large is the quantised model file on disk?",
        ["Eight-bit audio sounds awful, by the way."],
        {"n": ["4.2", "5.1", "3.7"]},
        "note",
    ),
    Story(
        "why",
        "lpc_front_end",
        ["LPC order raised to {n}, with the lower order the second formant of female speakers was missed."],
        [
            "What made us increase the order of the linear prediction?",
            "Why did I go up with the LPC order?",
            "Could you tell me which speakers suffered from the lower LPC order, and how?",
        ],
        [["second formant"], ["female"]],
        "Which window function did we choose for the LPC analysis?",
        ["Formant tracks look nice in colour."],
        {"n": ["14", "18", "20"]},
    ),
    Story(
        "debug",
        "lpc_front_end",
        [
            (
                "Levinson recursion returned complex roots, the autocorrelation was zero for digital silence. "
                "Added {n} as a floor."
            ),
        ],
        [
            "How did we get rid of the complex roots in the Levinson recursion?",
            "What was the trouble with digital silence in the linear prediction code?",
            "Which value did I add to the autocorrelation to survive digital silence?",
        ],
        [["{n}"], ["autocorrelation"]],
        "",
        ["Silence at the start of a file is cut by the other tool."],
        {"n": ["1e-6", "1e-7", "1e-9"]},
        "success",
    ),
    Story(
        "why",
        "dataset_audit",
        ["Removed speaker `{s}`, this person appears in train and test under two different ids."],
        [
            "Why was one of the speakers taken out of the data?",
            "Which speaker did we exclude, and what was wrong there?",
            "Could you remind me about the speaker who ended up in both splits?",
        ],
        [["{s}"]],
        "How many left-handed speakers are there in the data?",
        ["Speaker counts differ between the two releases."],
        {"s": ["c7f3a1", "9ab042", "e01d5b"]},
        "warning",
    ),
    Story(
        "next",
        "thesis_plan",
        [
            (
                "Chapter on related work is finished. Next: rewrite chapter {n} around the ablations, then ask "
                "Mirela for the drawings."
            ),
        ],
        [
            "Now that related work is written, what is the next step for the thesis?",
            "Which part of the thesis did I want to tackle after the related-work chapter?",
            "What comes next in my thesis plan?",
        ],
        [["chapter {n}", "ablations"]],
        "In which month is my thesis defence?",
        ["Related work could mention the older vocoders."],
        {"n": ["three", "four", "five"]},
        "important",
    ),
    Story(
        "next",
        "prototype_update",
        [
            (
                "Next step for the calibration: compute the drift of old prototypes after every session and "
                "shift them back by the mean drift."
            ),
        ],
        [
            "How did I plan to go on with the calibration of the old classes?",
            "What is planned next for calibration?",
            "What was I going to try next so that the old classes stay calibrated?",
        ],
        [["shift them back", "mean drift"]],
        "",
        ["Calibration curves belong in the appendix."],
    ),
    Story(
        "next",
        "streaming_front_end",
        ["To do after the demo day: port the wake word loop to {l} and measure the latency on the small board."],
        [
            "What had I planned for the wake word loop once the demo day is over?",
            "After the demo day, what is supposed to happen with the streaming code?",
            "Into which language did I intend to rewrite the wake word loop?",
        ],
        [["{l}"]],
        "",
        ["The small board needs another power supply."],
        {"l": ["Rust", "Zig", "C++"]},
    ),
    Story(
        "why",
        "Scratch",
        ["Label smoothing makes no sense here, with five shots the soft targets wash the new classes out completely."],
        [
            "What is my argument against softening the targets in the few-shot setting?",
            "Why do I think that smoothed labels are a bad choice for us?",
            "A reviewer asks about label smoothing; what was my objection to it?",
        ],
        [["wash the new classes out", "soft targets"]],
        "",
        ["Labels were checked by hand for the small set."],
    ),
    Story(
        "how",
        "paper_draft",
        ["Significance is tested with a paired bootstrap over speakers, {n} resamples, not over clips."],
        [
            "How do we test for statistical significance in the paper?",
            "Which resampling test did I describe for the significance of the results?",
            "For the methods section: over what do we resample in the significance test?",
        ],
        [["paired bootstrap"], ["speakers"]],
        "Which p-value did the significance test of the main table give?",
        ["A bootstrap of the cluster takes an hour."],
        {"n": ["2000", "5000", "10000"]},
        "note",
    ),
    Story(
        "debug",
        "dataset_audit",
        [
            (
                "File list was sorted differently on the laptop (locale), so the fold of {n} clips changed. "
                "Sort by bytes now."
            ),
        ],
        [
            "Why did the folds differ between my laptop and the server?",
            "What was the explanation for clips ending up in another fold on the laptop?",
            "How did I make the file order the same on all machines?",
        ],
        [["locale", "Sort by bytes"]],
        "",
        ["The laptop fan is loud, use the other room."],
        {"n": ["41", "57", "88"]},
        "error",
    ),
    Story(
        "why",
        "sequence_block",
        [
            (
                "Positional encoding removed from the encoder: keywords are cut at random offsets, absolute "
                "positions only confuse it."
            ),
        ],
        [
            "Why does the encoder have no positional encoding any more?",
            "What was the reasoning behind dropping the position information from the encoder?",
            "Could you tell me why absolute positions hurt in our case?",
        ],
        [["random offsets"]],
        "Why did we drop the skip connections from the encoder?",
        ["Encoder in the figure is drawn upside down."],
        {},
        "important",
    ),
    Story(
        "decision",
        "sequence_block",
        [
            (
                "Bidirectional GRU is out although it is slightly better, a live system can not wait {n} ms for "
                "the future frames."
            ),
        ],
        [
            "Why did we decide against the bidirectional recurrent layer?",
            "What speaks against letting the GRU look into the future?",
            "The bidirectional variant scored higher, so why did we reject it?",
        ],
        [["future frames", "live system"]],
        "",
        ["Frames per second is a strange unit for audio."],
        {"n": ["300", "450", "500"]},
    ),
    Story(
        "how",
        "annotation_round",
        ["Two annotators listened to each clip, with disagreement {p} decided; agreement was kappa {n}."],
        [
            "How high was the agreement between the annotators?",
            "How were disagreements between the two listeners resolved?",
            "What inter-annotator agreement can I report in the paper?",
        ],
        [["{n}"]],
        "How much were the annotators paid per hour?",
        ["Listened to the podcast about annotation, too general."],
        {"n": ["0.81", "0.84", "0.77"], "p": ["Sunniva", "Rafael"]},
    ),
    Story(
        "idea",
        "Scratch",
        [
            (
                "What if the unknown class is not one prototype but a shell around all others, everything "
                "outside the shell is rejected."
            ),
        ],
        [
            "What was my alternative to a single prototype for unknown words?",
            "How did I imagine rejecting words that belong to no keyword class?",
            "I once thought of a geometric way to model the unknown class; could you find it?",
        ],
        [["shell"]],
        "",
        ["Unknown words are half of the corpus anyway."],
        {},
        "question",
    ),
    Story(
        "why",
        "paper_draft",
        ["Reviewer {n} complained that the baseline is trained longer than ours, so the table needs equal epochs."],
        [
            "What was the reviewer's complaint about the baseline?",
            "Why does the comparison table have to be redone after the reviews?",
            "Which unfairness in our comparison did a referee point out?",
        ],
        [["trained longer", "equal epochs"]],
        "What did the reviewers say about the title of the paper?",
        ["The baseline of the other group is older than it looks."],
        {"n": ["1", "2", "3"]},
        "question",
    ),
    Story(
        "how",
        "noise_mixing",
        ["Noise is scaled per clip to the loudness of the speech part only, measured with a gate at {n} dB."],
        [
            "How is the level of the added noise determined?",
            "To what do we scale the background noise when mixing it in?",
            "What gate threshold do we use when we measure the speech loudness for noise mixing?",
        ],
        [["speech part", "{n} dB"]],
        "Which microphone did we use to record our own noise?",
        ["Noise from the fan is in all of my own recordings."],
        {"n": ["-38", "-42", "-45"]},
        "example",
    ),
    Story(
        "why",
        "noise_mixing",
        ["Dropped the street recordings, a passing tram says the stop names and one of them is the keyword `{w}`."],
        [
            "Why were the street recordings excluded from the background noise?",
            "What was the problem with the tram in our noise data?",
            "Could you remind me why we threw away the recordings made on the street?",
        ],
        [["stop names"]],
        "",
        ["Recordings of the street band were fun."],
        {"w": ["park", "house", "left", "stop"]},
        "fail",
    ),
    Story(
        "debug",
        "gpu_box",
        [
            (
                "Training got three times slower after the update: the driver fell back to {n} W power limit. "
                "`nvidia-smi -pl` fixes it."
            ),
        ],
        [
            "Why did training become so much slower after the system update?",
            "What was the cause of the sudden slowdown of the GPU, and the remedy?",
            "To how many watts had the card been throttled after the update?",
        ],
        [["power limit", "{n} W"]],
        "",
        ["Slower speech is easier, no surprise."],
        {"n": ["120", "150", "175"]},
        "success",
    ),
    Story(
        "decision",
        "thesis_plan",
        ["Thesis will be written in English, {p} signed the form. The abstract has to be bilingual."],
        [
            "In which language am I going to write the thesis?",
            "What did we agree about the language of thesis and abstract?",
            "Does the abstract of the thesis need a second language?",
        ],
        [["English", "bilingual"]],
        "How many copies of the thesis must be printed?",
        [],
        {"p": ["the dean", "the faculty"]},
    ),
    Story(
        "how",
        "annotation_round",
        ["Consent forms are in the grey cabinet, the scans are encrypted with `age`, the key is with {p}."],
        [
            "Where are the consent forms of the participants kept?",
            "Who holds the key for the encrypted scans of the consent forms?",
            "The ethics board asks how the consent forms are stored; what do my notes say?",
        ],
        [["grey cabinet", "{p}"]],
        "On what date did the ethics board approve the study?",
        ["Cabinet keys are with the secretary at lunch time."],
        {"p": ["Ottilie", "Benedikt"]},
        "note",
    ),
    Story(
        "why",
        "quantisation",
        [
            (
                "Distillation into the tiny student failed: the student copied the teacher's confusion of `{a}` "
                "and `{b}` exactly."
            ),
        ],
        [
            "Why did distilling into the small model not work out?",
            "What did the student model take over from its teacher that it should not have?",
            "Could you tell me how the knowledge distillation attempt went wrong?",
        ],
        [["teacher's confusion"]],
        "How many parameters does the tiny student model have?",
        ["The student assistant starts on Monday."],
        {"a": ["three", "no"], "b": ["tree", "go"]},
        "fail",
    ),
]

TASKS = [
    ("Code", "Split the `train.py` into trainer and config", "splitting up train.py"),
    ("Code", "Write a unit test for the prototype bank", "the unit test for the prototype bank"),
    ("Code", "Cache the spectrograms on disk", "caching the spectrograms on disk"),
    ("Code", "Remove the global variables in the sampler", "removing the global variables from the sampler"),
    ("Code", "Resume from checkpoint with optimizer state", "resuming from a checkpoint including the optimizer state"),
    ("Code", "Plot the per-class recall as bars", "plotting the per-class recall as bars"),
    ("Experiments", "Decide on the seeds for the final table", "deciding on the seeds for the final table"),
    ("Experiments", "Write down the order of the ablations", "writing down the order of the ablations"),
    ("Experiments", "Choose the words for the ten-shot protocol", "choosing the words for the ten-shot protocol"),
    ("Experiments", "Estimate the GPU hours of the big grid", "estimating the GPU hours of the big grid"),
    (
        "Experiments",
        "Borrow far-field recordings from the other lab",
        "borrowing the far-field recordings from the other lab",
    ),
    ("Paper", "Draw the overview figure in vector graphics", "drawing the overview figure as vector graphics"),
    ("Paper", "Shorten the introduction to one page", "shortening the introduction to one page"),
    ("Paper", "Collect references on continual learning", "collecting the references on continual learning"),
    ("Paper", "Answer the second reviewer", "answering the second reviewer"),
    ("Paper", "Write the limitations paragraph", "writing the limitations paragraph"),
    ("Paper", "Check the bibliography for duplicates", "checking the bibliography for duplicates"),
    ("Study", "Read the tutorial on optimal transport", "reading the tutorial on optimal transport"),
    (
        "Study",
        "Work through the chapter on hidden Markov models",
        "working through the chapter on hidden Markov models",
    ),
    ("Study", "Watch the lecture on self-supervised speech", "watching the lecture on self-supervised speech"),
    ("Study", "Summarise the survey on few-shot audio", "summarising the survey on few-shot audio"),
    ("Lab", "Book the anechoic room", "booking the anechoic room"),
    ("Lab", "Prepare slides for the group seminar", "preparing the slides for the group seminar"),
    ("Lab", "Order a new audio interface", "ordering a new audio interface"),
    ("Lab", "Show the new intern the cluster", "showing the cluster to the new intern"),
    ("Idea", "Sketch an entropy threshold for rejection", "sketching an entropy threshold for rejection"),
    ("Idea", "Think about mixing two keywords in one clip", "thinking about mixing two keywords in one clip"),
    (
        "Idea",
        "Note down how the window length could depend on the class",
        "noting down how the window length could depend on the class",
    ),
    ("Others", "Renew the library card", "renewing the library card"),
    ("Others", "Hand in the travel expenses", "handing in the travel expenses"),
    ("Others", "Reserve the train to Ghent", "reserving the train to Ghent"),
    ("Others", "Register for the summer school", "registering for the summer school"),
]

TOMORROW = [
    ("Bring the hard disk to the lab", "Call the travel office"),
    ("Rename the log folders", "Sketch the poster"),
    ("Start with the error analysis", "Print the two survey papers"),
    ("Clean up the notebook cells", "Talk to the intern about the labels"),
    ("Update the driver", "Write to the organisers of the challenge"),
]

NOUNS = [
    "attention maps",
    "the learning rate warm-up",
    "prototype drift",
    "checkpoint names",
    "the confusion matrix",
    "early stopping",
    "spectral masks",
    "speaker splits",
    "frame shifts",
    "cosine classifiers",
    "sub-word units",
    "episodic sampling",
    "voiced sounds",
    "loss curves",
    "feature scaling",
    "gate values",
    "noise floors",
    "margin losses",
    "replay buffers",
    "phone posteriors",
    "temporal pooling",
    "energy contours",
    "mel filters",
    "plosive bursts",
    "embedding norms",
    "gradient noise",
    "class imbalance",
    "vowel length",
    "window overlap",
    "decision thresholds",
]

ABSENT = [
    "Why did we give up on the contrastive predictive coding pretraining?",
    "Which text-to-speech engine did we use for making synthetic keywords?",
    "What did the legal department say about releasing the recordings?",
    "How did we solve the licence problem with the MATLAB toolbox?",
    "Could you remind me what the electricity bill of the cluster was?",
    "What was decided about the children's speech corpus?",
    "Why did I choose Kubernetes for deploying the service?",
    "What was the outcome of the interview with the start-up?",
    "How does our beam search decoder handle out-of-vocabulary names?",
    "What did I write about diffusion models for speech enhancement?",
    "Which hyperparameter search library did we pick in the end, and why?",
    "When did I finish translating the user interface into Portuguese?",
    "What was the reason for the fire alarm during the listening test?",
    "How did the collaboration with the hospital on dysarthric speech go?",
    "For the grant report I need to know what we spent on cloud storage; how much was it?",
    "Which optimiser did we use for the bird song project?",
]


def number(value: float) -> str:
    """A figure as it is written: three decimals at most, no trailing zeros."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def ordinal(number_: int) -> str:
    """3rd, 11th, 22nd."""
    end = "th" if 10 < number_ % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number_ % 10, "th")
    return f"{number_}{end}"


def day_forms(day: Day) -> list[str]:
    """Ways in which an answer may name a day."""
    months = (day.strftime("%B"), day.strftime("%b"))
    forms = [day.strftime(form) for form in FORMS]
    for month in months:
        forms += [f"{day.day} {month}", f"{month} {day.day}", f"{month} {day.day:02d}", f"{day.day:02d} {month}"]
    return [*forms, f"{ordinal(day.day)} of {months[0]}", f"{ordinal(day.day)} {months[0]}"]


@dataclass
class Run:
    """One execution of a command. own: options that are no defaults; ended: finished, stopped, nan, running."""

    layers: int
    layer: str
    own: dict[str, str]
    start: Day
    end: Day
    ended: str = "finished"
    overall: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    unseen: list[float] = field(default_factory=list)
    mean: list[float] = field(default_factory=list)
    text: str = ""
    short: str = ""
    verdict: str = ""
    later: Day | None = None
    copy_of: Run | None = None
    misfit: bool = False
    said_epochs: str = ""
    sweep: str = ""
    interim: bool = False
    server: bool = True
    places: list[str] = field(default_factory=list)
    server_place: str = ""

    @property
    def config(self) -> dict[str, str]:
        """Its options, defaults included."""
        return DEFAULTS | self.own

    @property
    def odd(self) -> bool:
        """Whether a reader may doubt that it counts as one run with its own result."""
        return bool(self.sweep or self.copy_of or self.misfit or self.said_epochs or self.verdict or self.later)

    @property
    def names(self) -> list[str]:
        """Texts by which an answer names it."""
        texts = [t.rstrip(".") for t in (self.text, self.short) if t]
        return [*texts, *(t.replace("`", "") for t in texts), *([number(self.overall[-1])] if self.overall else [])]

    @property
    def all_places(self) -> list[str]:
        """Every place it may be cited at."""
        return [*self.places, *([self.server_place] if self.server_place else [])]


def layer_words(layers: int, layer: str) -> str:
    """Two GRU layers."""
    return "no sequential layer" if not layers else f"{COUNT[layers]} {layer} layer{'s' * (layers > 1)}"


class Note:
    """A note of day sections."""

    def __init__(self, name: str, rng: random.Random, switch: Day) -> None:
        self.name, self.rng, self.switch = name, rng, switch
        self.forms = rng.sample(FORMS, 2)
        self.days: dict[Day, list[str]] = {}
        self.trailing = rng.random() < 0.5
        self.top: list[str] = []

    def form(self, day: Day) -> str:
        """The day as this note writes it."""
        return day.strftime(self.forms[day >= self.switch])

    def add(self, day: Day, *lines: str) -> str:
        """Writes lines under a day; gives the place."""
        self.days.setdefault(day, []).extend(lines)
        return f"{self.name}#{self.form(day)}"

    def write(self, root: Path) -> None:
        """Writes the file."""
        lines = ["---", f"id: {self.name}", "aliases: []", "tags: []", "---", "", f"# {self.name}", "", *self.top]
        for day in sorted(self.days):
            space = " " if self.trailing and self.rng.random() < 0.3 else ""
            lines += [f"## {self.form(day)}{space}", *self.days[day], ""]
        (root / f"{self.name}.md").write_text("\n".join(lines) + "\n", "utf-8")


class Logbook:
    """Draws a journal, writes it and asks about it."""

    def __init__(self, root: Path, seed: int, notes: int) -> None:
        self.root, self.count = root, notes
        self.rng = random.Random(f"logbook {seed}")
        self.questions: list[Question] = []
        self.asked: set[str] = set()
        rng = self.rng
        self.first = Day(rng.choice([2024, 2025, 2026]), rng.choice([1, 2, 3, 5, 6, 8, 9]), rng.randint(1, 25))
        self.length = rng.randint(76, 96) + (60 if notes > 150 else 0)
        self.last = self.first + datetime.timedelta(self.length)
        self.switch = self.first + datetime.timedelta(rng.randint(20, self.length - 15))
        self.today = self.last + datetime.timedelta(2)
        while self.today.weekday() not in (1, 2, 3):
            self.today += datetime.timedelta(1)
        self.notes: dict[str, Note] = {}
        self.runs: list[Run] = []
        self.tasks: list[tuple[tuple[str, str, str], list[tuple[Day, str, list[str]]]]] = []
        self.told: list[tuple[Story, Day, dict[str, str], list[str]]] = []
        self.tomorrow: dict[Day, tuple[tuple[str, str], list[str]]] = {}
        self.fence = rng.choice(["sh full config", "sh gsc2.sh"])
        self.habit = {name: rng.random() for name in ("fence", "config", "glue", "sub", "frame", "slip", "clock")}

    def note(self, name: str) -> Note:
        """The note of this name."""
        if name not in self.notes:
            self.notes[name] = Note(name, self.rng, self.switch)
        return self.notes[name]

    def day(self, least: int = 0, most: int = 0) -> Day:
        """A day of the journal."""
        return self.first + datetime.timedelta(self.rng.randint(least, most or self.length))

    # Drawing runs

    def arrays(self, run: Run) -> None:
        """Draws its figures."""
        rng, sessions = self.rng, 5
        value = rng.uniform(91, 98)
        run.overall, run.seen, run.unseen, run.mean = [round(value, 3)], [], [], []
        unseen, seen = rng.uniform(58, 82), value - rng.uniform(0.2, 1.5)
        for _ in range(sessions):
            value -= rng.uniform(1.8, 4.9)
            run.overall.append(round(value, 3))
            run.seen.append(round(seen, 3))
            run.unseen.append(round(unseen, 3))
            run.mean.append(round(2 * run.seen[-1] * run.unseen[-1] / (run.seen[-1] + run.unseen[-1]), 3))
            unseen -= rng.uniform(0.9, 5)
            seen -= rng.uniform(0.3, 1.4)

    def draw_runs(self) -> None:
        """Draws what was run, and when."""
        rng = self.rng
        kinds = [(0, "None"), *((n, kind) for kind in ("GRU", "Transformer") for n in (1, 2, 3, 4))]
        kinds = rng.sample(kinds, 6)
        values = {name: rng.sample(own, rng.randint(2, len(own) - (len(own) > 2))) for name, own in VALUES.items()}
        specs: list[tuple[tuple[int, str], dict[str, str]]] = []
        wanted = rng.randint(26, 34) + (22 if self.count > 150 else 0)
        while len(specs) < wanted:
            kind = rng.choice(kinds)
            own = {name: rng.choice(values[name]) for name in rng.sample(list(values), rng.choice([0, 1, 1, 2, 2, 3]))}
            if (kind, own) in specs:
                continue
            specs.append((kind, own))
            name = rng.choice([n for n in values if n not in own])
            changed = own | {name: rng.choice(values[name])}
            if rng.random() < 0.55 and (kind, changed) not in specs:
                specs.append((kind, changed))
        # Days, with a stretch in which nothing ran.
        gap = rng.randint(self.length // 3, self.length * 2 // 3)
        open_days = [n for n in range(1, self.length - 4) if not gap <= n < gap + rng.randint(11, 15)]
        days = sorted(rng.choices(open_days, k=len(specs)))
        for (kind, own), n in zip(specs, days, strict=True):
            start = self.first + datetime.timedelta(n)
            held = 0 if n + 1 >= gap - 1 and n < gap else rng.choice([0, 0, 1, 1, 2])
            self.runs.append(Run(kind[0], kind[1], own, start, start + datetime.timedelta(held)))
        for run in self.runs:
            self.arrays(run)
        plain = list(self.runs)
        rng.shuffle(plain)
        for ended in ("nan", "nan", "stopped", "stopped"):
            run = plain.pop()
            run.ended, run.overall, run.seen, run.unseen, run.mean = ended, [], [], [], []
        last = max((r for r in plain), key=lambda r: r.start)
        plain.remove(last)
        last.ended, last.overall, last.seen, last.unseen, last.mean = "running", [], [], [], []
        last.end = last.start
        run = plain.pop()
        run.verdict = rng.choice(["wrong code", "old split", "leaked test words", "wrong checkpoint"])
        run = plain.pop()
        run.later = min(run.end + datetime.timedelta(rng.randint(2, 9)), self.last)
        plain.pop().misfit = True
        slip = next((r for r in plain if r.config["epochs_base"] == "100"), None)
        if slip is not None:
            plain.remove(slip)
            slip.own = slip.own | {"epochs_base": rng.choice(["30", "60", "150", "200"])}
            slip.said_epochs = "100"
        run = plain.pop()
        source = max(plain, key=lambda r: (r.end < run.end, rng.random()))
        if source.end < run.end:
            run.copy_of = source
            plain.remove(source)
            run.overall, run.seen = list(source.overall), list(source.seen)
            run.unseen, run.mean = list(source.unseen), list(source.mean)
        for run in plain[:2]:
            run.interim = True
        for run in plain[2:4]:
            run.server = False
        # A sweep: one entry, several commands.
        name = rng.choice(["temperature", "noise_prob", "lr_base"])
        taken = {r.layers for r in self.runs if r.layer == "LSTM"}
        start = self.day(3, self.length - 6)
        while gap - 3 <= (start - self.first).days < gap + 15:
            start = self.day(3, self.length - 6)
        for value in sorted(rng.sample(VALUES[name], 3), key=float):
            run = Run(rng.choice([2]), "LSTM", {name: value}, start, start + datetime.timedelta(1), sweep=name)
            assert run.layers not in taken
            self.arrays(run)
            self.runs.append(run)
        for run in self.runs:
            if run.misfit:
                run.mean[2] = round(run.mean[2] + rng.choice([-1, 1]) * rng.uniform(3, 6), 3)
            run.text = self.describe(run)

    def describe(self, run: Run) -> str:
        """What the researcher writes about a run."""
        rng = self.rng
        own = dict(run.own)
        if run.said_epochs:
            own["epochs_base"] = run.said_epochs
        parts = [f"`{name}` {value}" for name, value in own.items()]
        head = layer_words(run.layers, run.layer)
        head = head[0].upper() + head[1:]
        if not parts:
            return f"{head}, {rng.choice(['everything else as usual', 'nothing else changed', 'default config'])}."
        if rng.random() < 0.5 or len(parts) == 1:
            return f"{head}, {', '.join(parts)}."
        return f"{head} with {', '.join(parts[:-1])} and {parts[-1]}."

    def command(self, run: Run) -> list[str]:
        """Its command as it is typed."""
        project = {"GRU": "comp", "Transformer": "trans"}.get(run.layer, "base")
        given = {"project": project, "dataset": "gsc2", **run.config, "sequential_layer": f'"{run.layer}"'}
        lines = [f"python train.py {project} \\"]
        glue = "" if self.habit["glue"] < 0.4 and self.rng.random() < 0.4 else " "
        lines += [f"  -{name} {value}{glue}\\" for name, value in given.items()]
        if self.rng.random() < 0.6:
            lines[-1] = lines[-1].rstrip("\\").rstrip()
        return lines

    def write_runs(self) -> None:
        """Writes Server.md and Experiments.md."""
        rng, habit = self.rng, self.habit
        server, results, scratch = self.note("Server"), self.note("Experiments"), self.note("Scratch")
        recorded = sorted((r for r in self.runs if r.ended != "running"), key=lambda r: (r.end, r.start))
        ends = [r.end for r in recorded]
        parents: dict[Day, Day] = {}
        for run in recorded:
            older = max((e for e in ends if e < run.end), default=None)
            alone = not run.sweep and ends.count(run.end) == 1
            if older and alone and (run.end - older).days <= 4 and older not in parents and rng.random() < 0.3:
                parents[run.end] = older
        subs = {d for d in ends if d not in parents.values() and rng.random() < habit["sub"] * 0.5}
        order = [(parents.get(r.end, r.end), r.end, n) for n, r in enumerate(recorded)]
        recorded = [r for _, r in sorted(zip(order, recorded, strict=True), key=lambda pair: pair[0])]
        opened: set[Day] = set()
        before: Run | None = None
        swept = False
        for run in recorded:
            if run.end in parents:
                parent = parents[run.end]
                results.add(parent, f"### Experiments-{results.form(run.end)}")
                run.places = [f"Experiments#Experiments-{results.form(run.end)}", f"Experiments#{results.form(parent)}"]
            else:
                run.places = [f"Experiments#{results.form(run.end)}"]
                if run.end in subs:
                    if run.end not in opened:
                        results.add(run.end, f"### Experiments-{results.form(run.end)}")
                    run.places.insert(0, f"Experiments#Experiments-{results.form(run.end)}")
            opened.add(run.end)
            parent = parents.get(run.end, run.end)
            if run.server:
                run.server_place = f"Server#{server.form(run.start)}"
            if run.sweep:
                if not swept:
                    line = f"> Sweep of `{run.sweep}`, {layer_words(run.layers, run.layer)}, rest default."
                    results.add(parent, line, f"> Server : [[{run.server_place}]]", "")
                    swept = True
                results.add(parent, f"> {run.text}", *self.figures(run), "")
                before = None
                continue
            self.record(run, before, parent)
            before = run
        swept = False
        for run in sorted(self.runs, key=lambda r: (r.start, r.sweep)):
            if not run.server or (run.sweep and swept):
                continue
            run.server_place = f"Server#{server.form(run.start)}"
            group = [r for r in self.runs if r.sweep] if run.sweep else [run]
            swept = swept or bool(run.sweep)
            text = f"Sweep of `{run.sweep}` with {layer_words(run.layers, run.layer)}." if run.sweep else run.text
            clock = f"{rng.randint(9, 22)}:{rng.randint(10, 59)}:{rng.randint(10, 59)} : " if rng.random() < 0.2 else ""
            lines = [f"- [{'-' if run.ended == 'running' else 'x'}] {clock if habit['clock'] < 0.5 else ''}{text}"]
            if rng.random() < 0.3:
                lines += ["  > [!note]", f"  > Code : [[{rng.choice(['sequence_block', 'lpc_front_end'])}]]"]
            lines += ["", f"```{self.fence if run.start < self.switch else 'sh gsc2.sh'}"]
            for n, one in enumerate(group):
                lines += [""] * bool(n) + self.command(one)
            lines.append("```")
            if run.ended == "running":
                lines.append("")
            elif run.ended == "finished" or rng.random() < 0.6:
                title = rng.choice(["> [!note] Result", "> [!Note]  Result", "> [!success] Result"])
                if run.ended != "finished":
                    title = "> [!fail] Result"
                lines += [title, f"> [[{run.places[0]}]]"]
            else:
                lines += ["NaN occurs." if run.ended == "nan" else "Stopped.", ""]
            server.add(run.start, *lines, *(["---"] if habit["frame"] < 0.7 else [""]))
        for run in self.runs:
            if run.later:
                line = (
                    f"- The numbers of [[{run.places[0]}]] ({run.text.rstrip('.')}) can not be used, the feature cache "
                    "was stale. Do not quote them."
                )
                scratch.add(run.later, "> [!warning]", f"> {line[2:]}")
        if rng.random() < 0.7:  # A table by hand, its fence closed late.
            chosen = [r for r in recorded if r.ended == "finished" and not r.odd][:4]
            results.top = ["```", "| setting | last | link |", "|---|---|---|"]
            results.top += [
                f"| {r.text.rstrip('.')} | {number(r.overall[-1])} | [[#{r.places[0].split('#')[1]}]] |" for r in chosen
            ]
            results.top += [""]

    def figures(self, run: Run) -> list[str]:
        """The four labelled arrays."""

        def row(values: list[float]) -> str:
            return "[" + ", ".join(map(number, values)) + "]"

        return [
            row(run.overall),
            "Seen acc:",
            row(run.seen),
            "Unseen acc:",
            row(run.unseen),
            "Harmonic mean:",
            row(run.mean),
        ]

    def record(self, run: Run, before: Run | None, day: Day) -> None:
        """Writes one result."""
        rng, results = self.rng, self.note("Experiments")
        text = run.text
        if before and (before.layers, before.layer) == (run.layers, run.layer) and not run.said_epochs:
            differ = [n for n in run.own if before.own.get(n) != run.own[n]]
            if len(differ) == 1 and set(before.own) <= set(run.own) and not before.said_epochs and run.server:
                above = rng.choice(["Same setting with the experiment above", "Same as above"])
                alone = sum(r.places[:1] == before.places[:1] for r in self.runs) == 1 and before.end != run.end
                if alone and before.places[0].startswith("Experiments#2") and rng.random() < 0.4:
                    above = f"Exactly the same with [[#{before.places[0].split('#')[1]}]]"
                text = f"{above}, but `{differ[0]}` {run.own[differ[0]]}."
                run.short = text
        link = [f"> Server : [[{run.server_place}]]"] if run.server_place else []
        if link and rng.random() < 0.12:
            link = ["> Server : [[Sever#" + run.server_place.split("#")[1] + "]]"]
        verdict = [f"> [!fail] This result is from the {run.verdict}."] if run.verdict else []
        if run.verdict == "leaked test words":
            verdict = ["> [!fail] The training list had leaked test words, do not use this result."]
        if run.ended in ("nan", "stopped"):
            end = "NaN occurs in the base session." if run.ended == "nan" else "Stopped."
            call = f"> [!{rng.choice(['fail', 'error'])}] {end}" if rng.random() < 0.6 else f"> {end}"
            results.add(day, f"> {text}", *link, call, "")
            return
        body = self.figures(run)
        style = rng.random()
        if run.interim:
            cut = [v - rng.uniform(0.5, 2) for v in run.overall[:3]]
            first = ["Interim result, two sessions only:", "[" + ", ".join(map(number, cut)) + "]", "Final result:"]
            results.add(day, f"> {text}", *link, *first, *body)
        elif style < self.habit["fence"] * 0.4 and not run.verdict:
            results.add(day, f"```txt {text.rstrip('.')}", *body, "```", *link)
        elif style < 0.6 and self.habit["config"] < 0.5:
            results.add(day, "> [!note] Config", f"> {text}", *link, *verdict, *body)
        else:
            results.add(day, *verdict, f"> {text}", *link, *body)
        if rng.random() < 0.5:
            remark = [
                "Nothing surprising here.",
                "Drops most in the third session.",
                "Look at the confusion matrix later.",
            ]
            results.add(day, f"- {rng.choice(remark)}")
        results.add(day, "")

    # Stories, tasks, filler

    def slip(self, line: str, keep: Sequence[str]) -> str:
        """A typing slip in a word that decides nothing."""
        if self.rng.random() > 0.15 * self.habit["slip"] + 0.05:
            return line
        words = [w for w in re.findall(r"\b[a-z]{7,}\b", line) if not any(w in form for form in keep)]
        if not words:
            return line
        word = self.rng.choice(words)
        cut = self.rng.randint(2, len(word) - 3)
        return line.replace(word, word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :], 1)

    def write_stories(self) -> None:
        """Writes the drawn stories, and lines that share words with them."""
        rng = self.rng
        for story in rng.sample(STORIES, min(len(STORIES), rng.randint(26, 30))):
            day = self.day(1, self.length - 1)
            picked = {name: rng.choice(values) for name, values in story.pick.items()}
            keep = [form.format(**picked) for forms in story.must for form in forms]
            lines = [self.slip(line.format(**picked), keep) for line in story.lines]
            note = self.note(story.note)
            style = rng.random()
            if story.call and style < 0.5:
                mark = "" if rng.random() < 0.25 else "> "
                text = [
                    "---",
                    f"{mark}[!{story.call}]",
                    *(f"{mark}{line}" for line in lines),
                    *([] if mark else [""]),
                    "---",
                ]
            elif style < 0.65 and self.habit["clock"] < 0.5:
                text = [f"- {rng.randint(9, 22)}:{rng.randint(10, 59)}:{rng.randint(10, 59)} : {lines[0]}"]
                text += [f"- {line}" for line in lines[1:]]
            else:
                text = [f"- {line}" for line in lines]
            place = note.add(day, *text)
            self.told.append((story, day, picked, [place]))
            for decoy in story.decoys:
                other = self.day(1, self.length - 1)
                while other == day:
                    other = self.day(1, self.length - 1)
                self.note("Scratch").add(other, f"- {decoy}")

    def write_tasks(self) -> None:
        """Draws tasks with their states and writes the month notes."""
        rng = self.rng
        months: dict[tuple[str, Day], dict[str, list[str]]] = {}
        for task in rng.sample(TASKS, min(len(TASKS), rng.randint(26, 32))):
            state = rng.choice(["x", "x", " ", " ", "-", ">", "x", " ", "~"])
            days = [self.day(2, self.length - 8)]
            if state in "x->" and rng.random() < 0.55:
                days.append(min(days[0] + datetime.timedelta(rng.randint(2, 12)), self.last))
            history = [(d, " " if n < len(days) - 1 else state) for n, d in enumerate(days)]
            seen = []
            for day, now in history:
                note = self.note(day.strftime("%B"))
                text = task[1]
                line = f"- [ ] ~~{text}~~" if now == "~" else f"- [{now}] {text}"
                if now == "x" and rng.random() < 0.15:
                    line += " [!success]"
                block = [line]
                if now == "x" and rng.random() < 0.2:
                    block += ["  > [!note]", f"  > Code : [[sequence_block#{rng.choice(FORMS).replace('%', '')}]]"]
                    block[-1] = "  > Code : [[sequence_block]]"
                months.setdefault((note.name, day), {}).setdefault(task[0], []).extend(block)
                heading = f"{task[0]}-{note.form(day)}"
                seen.append((day, now, [f"{note.name}#{heading}", f"{note.name}#{note.form(day)}"]))
            self.tasks.append((task, seen))
        for items in rng.sample(TOMORROW, 3):
            day = self.day(2, self.length - 8)
            while day in self.tomorrow:
                day = self.day(2, self.length - 8)
            note = self.note(day.strftime("%B"))
            months.setdefault((note.name, day), {})["Tomorrow"] = [f"- [ ] {item}" for item in items]
            self.tomorrow[day] = (items, [f"{note.name}#Tomorrow-{note.form(day)}", f"{note.name}#{note.form(day)}"])
        for (name, day), groups in months.items():
            for category, lines in groups.items():
                self.notes[name].add(day, f"### {category}-{self.notes[name].form(day)}", *lines)

    def write_filler(self) -> None:
        """Writes notes and lines that answer nothing."""
        rng = self.rng
        lines = [
            "Read about {a} again, not convinced that it matters for {b}.",
            "{a} and {b} are closer than they look, draw it on the board some day.",
            "Ask the others what they think about {a}.",
            "The authors use {a} without a word on {b}.",
            "Nice figure about {a}, the text says little.",
            "No idea yet how {a} goes together with {b}.",
            "Could be a slide for the reading group: {a}.",
            "Compare the wording on {a} with the older paper.",
        ]

        def line() -> str:
            a, b = rng.sample(NOUNS, 2)
            text = rng.choice(lines).format(a=a, b=b)
            broken = f" [[{rng.choice(['sequnce_block', 'lpc_frontend'])}#2020/01/01]]" if rng.random() < 0.08 else ""
            return "- " + self.slip(text[0].upper() + text[1:], []) + broken

        for _ in range(30):
            self.note("Scratch").add(self.day(), line())
        for name in ("sequence_block", "lpc_front_end"):
            snippet = ["```python", "frames = pad(", "    frames, hop", ")```"]  # Closed at the end of its last line.
            self.note(name).add(self.day(), line(), *snippet, line())
        while len(self.notes) < self.count:
            a, b = rng.sample(NOUNS, 2)
            words = re.findall(r"[a-z]+", f"{a} {b}".lower())
            name = "_".join(words) if rng.random() < 0.7 else " ".join(words).title()
            note = self.note(name)
            for _ in range(rng.randint(1, 4)):
                note.add(self.day(), *(line() for _ in range(rng.randint(1, 4))))

    def make(self) -> list[Question]:
        """Draws, writes and asks."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.draw_runs()
        self.write_runs()
        self.write_stories()
        self.write_tasks()
        self.write_filler()
        if self.notes["Experiments"].top:
            first = min(self.notes["Experiments"].days)
            self.notes["Experiments"].days[first].insert(0, "")
        for note in self.notes.values():
            note.write(self.root)
        self.ask_all()
        return self.questions

    # Asking

    def put(self, kind: str, question: str, answered: bool = True, **gold: object) -> bool:
        """Keeps a question once."""
        question = question[0].upper() + question[1:]
        if question in self.asked:
            return False
        self.asked.add(question)
        gold.setdefault("today", self.today.isoformat())
        kept = Question(f"q{len(self.questions) + 1:03d}", kind, question, answered=answered, **gold)  # type: ignore[arg-type]
        self.questions.append(kept)
        return True

    def said(self, day: Day) -> str:
        """A day in words."""
        month = day.strftime("%B")
        forms = [f"the {ordinal(day.day)} of {month}", f"{month} {ordinal(day.day)}", f"{day.day} {month}"]
        return self.rng.choice([*forms, f"{day.strftime('%A')} the {ordinal(day.day)} of {month}"])

    def intervals(self) -> list[tuple[str, list[tuple[Day, Day]]]]:
        """Temporal wordings, each with every defensible reading."""
        rng, today, day1 = self.rng, self.today, datetime.timedelta(1)
        found: list[tuple[str, list[tuple[Day, Day]]]] = []
        months = sorted({(self.first + day1 * n).replace(day=1) for n in range(self.length + 1)})
        for start in months:
            length = calendar.monthrange(start.year, start.month)[1]
            name = start.strftime("%B")
            end = start.replace(day=length)
            found.append((rng.choice([f"in {name}", f"during {name}", f"in the month of {name}"]), [(start, end)]))
            monday = start - day1 * start.weekday()
            full = monday if start.weekday() == 0 else monday + day1 * 7
            for n, word in enumerate(ORDER[:3]):
                readings = [(start + day1 * 7 * n, start + day1 * (7 * n + 6))]
                readings += [(m + day1 * 7 * n, m + day1 * (7 * n + 6)) for m in (monday, full)]
                found.append((f"in the {word} week of {name}", readings))
            found.append((f"in the first half of {name}", [(start, start.replace(day=d)) for d in (14, 15, 16)]))
            found.append((f"in the second half of {name}", [(start.replace(day=d), end) for d in (15, 16, 17)]))
            found.append(
                (f"in mid-{name}", [(start.replace(day=a), start.replace(day=b)) for a, b in ((9, 21), (13, 17))])
            )
            early = [(start, start.replace(day=d)) for d in (6, 10)]
            found.append((rng.choice([f"in early {name}", f"at the beginning of {name}"]), early))
            late = [(start.replace(day=d), end) for d in (20, 25)]
            found.append((rng.choice([f"in late {name}", f"towards the end of {name}"]), late))
        for _ in range(8):
            a = self.day(2, self.length - 10)
            b = a + day1 * rng.randint(3, 9)
            text = f"between {self.said(a)} and {self.said(b)}"
            if a.month == b.month and rng.random() < 0.5:
                text = f"from the {ordinal(a.day)} to the {ordinal(b.day)} of {a.strftime('%B')}"
            found.append((text, [(a, b)]))
            c = self.day(1, self.length - 2)
            found.append((f"on {self.said(c)}", [(c, c)]))
            monday = c - day1 * c.weekday()
            name = f"Monday the {ordinal(monday.day)} of {monday.strftime('%B')}"
            found.append((f"in the week that began on {name}", [(monday, monday + day1 * 6)]))
            saturday = monday + day1 * 5
            if saturday.month == (saturday + day1).month:
                text = f"on the weekend of the {ordinal(saturday.day)} and {ordinal(saturday.day + 1)} of "
                found.append((text + saturday.strftime("%B"), [(saturday, saturday + day1)]))
        monday = today - day1 * today.weekday()
        found.append(("yesterday", [(today - day1, today - day1)]))
        found.append(("last week", [(monday - day1 * 7, monday - day1), (today - day1 * 7, today - day1)]))
        found.append(("in the week before last", [(monday - day1 * 14, monday - day1 * 8)]))
        friday = monday - day1 * 3
        found.append(("on the Friday before last", [(friday - day1 * 7, friday - day1 * 7)]))
        found.append(("over the past ten days", [(today - day1 * n, today) for n in (9, 10)]))
        found.append(("in the last three weeks", [(today - day1 * n, today) for n in (20, 21)]))
        found.append(("in the last fortnight", [(today - day1 * n, today) for n in (13, 14)]))
        since = today - day1 * rng.randint(8, 22)
        found.append((f"since {self.said(since)}", [(since, today), (since + day1, today)]))
        month = today.replace(day=1)
        found.append(("last month", [((month - day1).replace(day=1), month - day1)]))
        found.append(("so far this month", [(month, today)]))
        rng.shuffle(found)
        return found

    def until(self, run: Run) -> Day:
        """The last day on which it kept the GPU busy."""
        return self.today if run.ended == "running" else run.end

    def within(self, readings: list[tuple[Day, Day]], by: str) -> list[Run] | None:
        """The runs of an interval; None when readings differ. by: start, end, or both (either gives the same)."""
        keys: list[Callable[[Run], Day]] = []
        if by in ("start", "both"):
            keys.append(lambda r: r.start)
        if by in ("end", "both"):
            keys.append(lambda r: r.end)
        sets = [[r for r in self.runs if a <= key(r) <= b] for a, b in readings for key in keys]
        if by == "both":
            sets += [[r for r in self.runs if r.start <= b and self.until(r) >= a] for a, b in readings]
        return sets[0] if all(s == sets[0] for s in sets) else None

    def ask_intervals(self) -> None:
        """Runs in an interval, and intervals without any."""
        rng = self.rng
        words = {
            "both": [
                "Which experiments did I run {when}?",
                "Could you list everything that was trained {when}?",
                "What did the GPU work on {when}?",
                "For my weekly report I need to know which runs took place {when}.",
                "I am trying to reconstruct my work: what did I run {when}?",
            ],
            "end": [
                "Which experiments finished {when}?",
                "Which results came in {when}, please?",
                "For the group meeting, which runs were completed {when}?",
                "Could you tell me which experiments gave a result {when}?",
            ],
            "start": [
                "Which runs did I launch {when}?",
                "Can you tell me which jobs were started on the server {when}?",
                "What had I sent off to the GPU {when}?",
            ],
        }
        counts = {
            "both": [
                "How many experiments did I run {when}?",
                "Roughly how busy was I, that is, how many runs did I do {when}?",
                "Could you count the training runs {when} for me?",
                "What is the number of runs I made {when}?",
            ]
        }
        listed = counted = empty = 0
        seen: dict[str, int] = {}
        known: list[list[tuple[Day, Day]]] = []
        for when, readings in self.intervals():
            if readings in known:
                continue
            sort = " ".join(when.split()[: 4 if when.startswith("in the") else 1])
            if seen.get(sort, 0) >= 3:
                continue
            near = [(a - datetime.timedelta(1), b + datetime.timedelta(1)) for a, b in readings]
            everything = [r for r in self.runs if any(r.start <= b and r.end >= a for a, b in readings)]
            later = [r for r in self.runs if r.later and any(a <= r.later <= b for a, b in near)]
            inside = min(a for a, _ in readings) >= self.first and max(b for _, b in readings) <= self.today
            if not everything:
                if empty < 4 and inside and not later:
                    by = rng.choice(["both", "end"])
                    if any(r.ended == "running" and r.start <= b for r in self.runs for _, b in readings):
                        by = "end"
                    seen[sort] = seen.get(sort, 0) + 1
                    known.append(readings)
                    empty += self.put("interval-empty", rng.choice(words[by]).format(when=when), False)
                continue
            by = rng.choice(["both", "both", "end", "start"])
            runs = self.within(readings, by)
            if not runs or any(r.sweep or r.copy_of for r in runs):
                continue
            if by != "start" and any(r.ended != "finished" for r in runs) and by == "end":
                continue
            if by == "start" and any(not r.server for r in runs + everything):
                continue
            low, high = min(a for a, _ in readings), max(b for _, b in readings)
            far = [
                number(r.overall[-1])
                for r in self.runs
                if r.overall and (r.end < low - datetime.timedelta(5) or r.start > high + datetime.timedelta(5))
            ]
            sections = [r.all_places for r in runs]
            if by == "both" and counted < 4 and len(runs) < 13 and rng.random() < 0.45:
                counted += self.put(
                    "interval-count",
                    rng.choice(counts[by]).format(when=when),
                    lead=[self.counted(len(runs))],
                    allowed=[p for group in sections for p in group],
                )
            elif listed < 8 and len(runs) <= 6:
                inner = {number(r.overall[-1]) for r in self.runs if r.overall and r in runs}
                seen[sort] = seen.get(sort, 0) + 1
                known.append(readings)
                listed += self.put(
                    "interval",
                    rng.choice(words[by]).format(when=when),
                    must=[r.names for r in runs],
                    never=[f for f in far if f not in inner and not self.copied(f)][:5],
                    sections=sections,
                )

    def copied(self, figure: str) -> bool:
        """Whether two runs hold this last figure."""
        return sum(bool(r.overall) and number(r.overall[-1]) == figure for r in self.runs) > 1

    def counted(self, n: int) -> list[str]:
        """Ways to give a count."""
        things = [
            "run",
            "experiment",
            "record",
            "job",
            "result",
            "match",
            "time",
            "of ",
            "in ",
            "with",
            "train",
            "task",
        ]
        forms = [f"{word} {thing}" for word in (str(n), COUNT[n], COUNT[n].title()) for thing in things]
        forms += [f"{word} {state}" for word in (str(n), COUNT[n]) for state in ("finished", "logged", "were", "are")]
        return [*forms, f"{n} different", f"{n} such", f": {n}", f"**{n}**", f"is {n}", f"were {n}", f"{n}."]

    def matching(self, layers: tuple[int, str] | None, own: dict[str, str]) -> list[Run]:
        """Runs that a reference fits."""
        return [
            r
            for r in self.runs
            if (layers is None or (r.layers, r.layer) == layers)
            and all(r.config.get(n) == v or (n == "epochs_base" and r.said_epochs == v) for n, v in own.items())
        ]

    def setting(self, name: str, value: str) -> str:
        """An option with its value, in words."""
        word = WORDS[name]
        if name == "epochs_base":
            return f"{value} base epochs"
        if word.startswith("`") or self.rng.random() < 0.3:
            return f"`{name}` {value}" if self.rng.random() < 0.5 else f"`{name}` set to {value}"
        return f"a {word} of {value}"

    def refer(self, run: Run, without: str = "") -> str:
        """A reference that fits this run alone; empty when there is none."""
        own = {n: v for n, v in run.own.items() if n != without and not (run.said_epochs and n == "epochs_base")}
        parts = [layer_words(run.layers, run.layer), *(self.setting(n, v) for n, v in own.items())]
        joined = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
        fits = self.matching((run.layers, run.layer), own)
        text = self.rng.choice(
            ["the run with {}", "the experiment with {}", "the model with {}", "the run that had {}"]
        )
        if fits == [run]:
            return text.format(joined)
        same = [r for r in fits if run.end in (r.start, r.end)]
        if same == [run] and run.start == run.end and run.server:
            return f"the run of {self.said(run.end)} with {joined}"
        if same == [run] and run.overall:
            return f"the run that gave its result on {self.said(run.end)}, with {joined}"
        return ""

    METRICS = (
        ("overall accuracy after the last session", "overall", -1),
        ("final overall accuracy", "overall", -1),
        ("accuracy in the base session", "overall", 0),
        ("harmonic mean after the last session", "mean", -1),
        ("final harmonic mean", "mean", -1),
        ("unseen accuracy after the last session", "unseen", -1),
        ("seen accuracy after the final session", "seen", -1),
        ("unseen accuracy after the first incremental session", "unseen", 0),
        ("harmonic mean after the second incremental session", "mean", 1),
        ("seen accuracy after the third incremental session", "seen", 2),
    )

    def ask_runs(self) -> None:
        """Best, worst, first, last, counts, figures, options, comparisons, effects."""
        rng = self.rng
        done = [r for r in self.runs if r.overall]
        good = [r for r in done if not r.odd]
        # Best and worst, with and without a filter.
        filters: list[tuple[str, list[Run]]] = [("", self.runs), ("", self.runs)]
        for layer in ("GRU", "Transformer"):
            filters.append((f" among the {layer} runs", [r for r in self.runs if r.layer == layer]))
            filters.append((f" of all runs with a {layer} in them", [r for r in self.runs if r.layer == layer]))
        for name in VALUES:
            for value in sorted({r.own[name] for r in self.runs if name in r.own and not r.said_epochs}):
                text = f" among the runs with {self.setting(name, value)}"
                filters.append((text, self.matching(None, {name: value})))
        rng.shuffle(filters)
        best = [
            "Which experiment reached the highest {metric}{where}?",
            "For the paper I need the best {metric} we have{where}; which run was that?",
            "Can you tell me what the best {metric} was{where}?",
            "{where}, which one came out on top in terms of {metric}?",
            "If you look at the {metric}, what is our record{where}?",
        ]
        worst = [
            "Which run had the lowest {metric}{where}?",
            "What was our worst {metric}{where}, and which run was it?",
            "Which experiment did poorest on {metric}{where}?",
            "I want to show a bad example: which run has the smallest {metric}{where}?",
        ]
        kept = 0
        tops: set[tuple[int, str, int]] = set()
        for where, pool in filters:
            metric, name, index = rng.choice(self.METRICS)
            ranked = sorted((r for r in pool if r.overall), key=lambda r: -getattr(r, name)[index])
            if len(ranked) < 2 or kept >= 8:
                continue
            low = rng.random() < 0.35
            top, next_ = (ranked[-1], ranked[-2]) if low else (ranked[0], ranked[1])
            gap = abs(getattr(top, name)[index] - getattr(next_, name)[index])
            if gap < 0.02 or (top.odd and not top.sweep) or (any(r.misfit for r in pool) and name == "mean"):
                continue
            if index == 0 and name == "overall" and any(r.interim for r in pool):
                continue
            if any(r.said_epochs for r in pool) and "epoch" in where:
                continue
            if (id(top), name, index) in tops:
                continue
            tops.add((id(top), name, index))
            words = rng.choice(worst if low else [b for b in best if where or not b.startswith("{where}")])
            text = words.format(metric=metric, where=where).strip()
            kept += self.put(
                "worst" if low else "best",
                text,
                lead=[[number(getattr(top, name)[index])]],
                must=[[number(getattr(top, name)[index])], [*top.names, *day_forms(top.end)]],
                sections=[top.places],
                allowed=[*([top.server_place] if top.server_place else [])],
            )
        trusted = sorted(good + [r for r in done if r.sweep], key=lambda r: -r.overall[-1])
        doubted = [r for r in done if r.verdict or r.later]
        wordings = [
            "Leaving out everything that was later withdrawn, what is the best final overall accuracy we have?",
            "Not counting retracted results, which run has the highest overall accuracy after the last session?",
            "Which of the results that we can still trust has the best final overall accuracy?",
            "Ignoring results with a fail or warning verdict, what is our top overall accuracy after the last session?",
        ]
        rest = [r for r in done if not (r.verdict or r.later)]
        top = trusted[0]
        if doubted and max(r.overall[-1] for r in rest) == top.overall[-1] and not self.copied(number(top.overall[-1])):
            figure = number(top.overall[-1])
            self.put("best", rng.choice(wordings), lead=[[figure]], must=[[figure]], sections=[top.places])
        # First and last.
        kept = 0
        for where, pool in filters:
            if not where or kept >= 4 or len(pool) < 2 or any(r.sweep or r.said_epochs for r in pool):
                continue
            where = where.split(" among ")[-1].split(" of all ")[-1]
            first = rng.random() < 0.5
            key: Callable[[Run], Day] = lambda r: r.start  # noqa: E731
            ends = sorted(pool, key=lambda r: r.end)
            ordered = sorted(pool, key=key)
            run = ordered[0] if first else ordered[-1]
            other = ordered[1] if first else ordered[-2]
            if run is not (ends[0] if first else ends[-1]) or run.start == other.start or run.end == other.end:
                continue
            if any(not r.server for r in pool) or run.copy_of:
                continue
            wordings = (
                [
                    "When did we run the first of {w}?",
                    "Do you remember the date of the earliest one among {w}?",
                    "Which one was the very first of {w}, and when was it?",
                    "Of {w}, which did I do first?",
                ]
                if first
                else [
                    "When did we run the most recent of {w}?",
                    "Which one is the latest of {w}, and from which day is it?",
                    "What is the date of the last one among {w}?",
                    "Of {w}, which did I do most recently?",
                ]
            )
            where = where.replace("runs with", "the runs with", 1) if where.startswith("runs") else where
            where = where.replace("the the", "the")
            kept += self.put(
                "first" if first else "last",
                rng.choice(wordings).format(w=where),
                lead=[[*day_forms(run.start), *day_forms(run.end), *run.names]],
                sections=[run.all_places],
            )
        # Counts by option.
        kept = 0
        for name in rng.sample(list(VALUES), len(VALUES)):
            for value in VALUES[name]:
                pool = self.matching(None, {name: value})
                if kept >= 3 or not 1 < len(pool) < 12 or any(r.odd for r in pool) or not all(r.server for r in pool):
                    continue
                setting = self.setting(name, value)
                wordings = [
                    "How many runs have we done with {s}?",
                    "Could you count how many experiments used {s}?",
                    "For the table in the appendix: how many runs had {s}?",
                    "How often did we train with {s}, I mean in how many runs?",
                ]
                kept += self.put(
                    "count",
                    rng.choice(wordings).format(s=setting),
                    lead=[self.counted(len(pool))],
                    allowed=[p for r in pool for p in r.all_places],
                )
                break
        for ended, word in (("nan", "ended in NaN"), ("stopped", "were stopped before they had a result")):
            pool = [r for r in self.runs if r.ended == ended]
            wordings = [
                "Which runs {w}?",
                "Could you remind me which experiments {w}?",
                "I would like to repeat the failed ones: which runs {w}?",
                "For the record, which of the training runs {w}?",
            ]
            self.put(
                "failed",
                rng.choice(wordings).format(w=word),
                must=[r.names for r in pool],
                sections=[r.all_places for r in pool],
            )
        running = [r for r in self.runs if r.ended == "running"]
        wordings = [
            "Is there anything still running on the server according to the notes?",
            "Which run has been started but has no result yet?",
            "What is the GPU busy with at the moment, going by my notes?",
            "Is there a job on the server that has not come back yet, and which one?",
        ]
        self.put(
            "running", rng.choice(wordings), must=[r.names for r in running], sections=[r.all_places for r in running]
        )
        # Figures of one run.
        figure_words = [
            "What {metric} did {ref} reach?",
            "Could you look up the {metric} of {ref} for me?",
            "I need one number for the paper: the {metric} of {ref}.",
            "Do you happen to know the {metric} that {ref} ended up with?",
            "How high was the {metric} for {ref}?",
        ]
        kept = 0
        for run in rng.sample(done, len(done)):
            metric, name, index = rng.choice(self.METRICS)
            ref = self.refer(run)
            if not ref or kept >= 6 or run.misfit or run.copy_of or run.said_epochs:
                continue
            if ("base session" in metric and run.interim) or any(r.copy_of is run for r in self.runs):
                continue
            figure = number(getattr(run, name)[index])
            must = [[figure]]
            if run.verdict:
                must.append([run.verdict])
            kept += self.put(
                "figure",
                rng.choice(figure_words).format(metric=metric, ref=ref),
                lead=[[figure]],
                must=must,
                sections=[run.places],
                allowed=[run.server_place] if run.server_place else [],
            )
        kept = 0
        for run in rng.sample([r for r in self.runs if r.ended in ("nan", "stopped")], 4):
            ref = self.refer(run)
            metric = rng.choice(self.METRICS)[0]
            if ref and kept < 2:
                kept += self.put("no-result", rng.choice(figure_words).format(metric=metric, ref=ref), False)
        kept = 0
        for run in rng.sample(good, len(good)):
            ref = self.refer(run)
            if ref and kept < 3:
                metric = rng.choice(NEVER_LOGGED)
                kept += self.put("no-metric", rng.choice(figure_words).format(metric=metric, ref=ref), False)
        # Options of one run.
        option_words = [
            "Which {option} did we use for {ref}?",
            "What was the {option} set to in {ref}?",
            "To rerun it I have to know the {option} of {ref}; what was it?",
            "Could you check what {option} {ref} was trained with?",
            "With what {option} was {ref} trained?",
        ]
        kept = 0
        for run in rng.sample(self.runs, len(self.runs)):
            if run.said_epochs or run.sweep or not run.server or kept >= 6:
                continue
            option = rng.choice([n for n in DEFAULTS if run.config[n] not in ("0.0", "4", "8")])
            ref = self.refer(run, without=option)
            if ref:
                word = rng.choice([WORDS[option], f"`{option}`"])
                kept += self.put(
                    "option",
                    rng.choice(option_words).format(option=word, ref=ref),
                    lead=[[run.config[option]]],
                    must=[[run.config[option]]],
                    sections=[run.all_places],
                )
        yes_words = [
            "Has the {option} ever been set to {value}?",
            "Did we ever train with the {option} at {value}?",
            "Have we already tried {value} for the {option}?",
            "Before I start it: is there any run where the {option} was {value}?",
        ]
        kept = 0
        for name in rng.sample(list(VALUES), len(VALUES)):
            value = rng.choice(VALUES[name])
            pool = self.matching(None, {name: value})
            if pool and kept < 2 and not any(r.said_epochs for r in pool):
                kept += self.put(
                    "ever",
                    rng.choice(yes_words).format(option=WORDS[name], value=value),
                    lead=[["Yes", "yes", *(n for r in pool for n in r.names), *self.counted(min(len(pool), 12))]],
                    sections=[[p for r in pool for p in r.all_places]],
                    allowed=[p for r in pool for p in r.all_places],
                )
        never_words = [
            "Which runs used `{o}`?",
            "What was the best final accuracy when we trained with `{o}` {v}?",
            "Could you tell me which experiment had `{o}` set to {v}?",
            "How did the accuracy change once we introduced `{o}`?",
        ]
        for option in rng.sample(NEVER_USED, 3):
            self.put("no-option", rng.choice(never_words).format(o=option, v=rng.choice(["0.1", "0.3", "4"])), False)
        free = [(n, v) for n in VALUES for v in VALUES[n] if not any(r.config.get(n) == v for r in self.runs)]
        for name, value in rng.sample(free, min(2, len(free))):
            wordings = [
                "Which run was trained with {s}?",
                "What final accuracy did we get with {s}?",
                "Could you find me the experiment that had {s}?",
                "What did the run with {s} reach in the last session?",
            ]
            self.put("no-value", rng.choice(wordings).format(s=self.setting(name, value)), False)
        # Comparisons.
        compare = {
            "unseen": [
                "Between {a} and {b}, which one generalised better to new words, going by the final unseen accuracy?",
                "Comparing {a} with {b}, which had the higher unseen accuracy after the last session?",
            ],
            "overall": [
                "Which one did better in the end by overall accuracy, {a} or {b}?",
                "How does {a} compare with {b} in final overall accuracy?",
                "Could you put {a} next to {b}: which has the better overall accuracy after the last session?",
            ],
            "mean": [
                "Was the final harmonic mean higher for {a} or for {b}?",
                "How do {a} and {b} compare in harmonic mean after the last session?",
            ],
        }
        kept = 0
        paired: list[set[int]] = []
        for _ in range(60):
            one, two = rng.sample(good, 2)
            a, b, metric = self.refer(one), self.refer(two), rng.choice(list(compare))
            if {id(one), id(two)} in paired:
                continue
            if not a or not b or kept >= 5 or any(r.copy_of in (one, two) for r in self.runs):
                continue
            figures = [getattr(r, metric)[-1] for r in (one, two)]
            if abs(figures[0] - figures[1]) < 0.05:
                continue
            paired.append({id(one), id(two)})
            winner = one if figures[0] > figures[1] else two
            kept += self.put(
                "compare",
                rng.choice(compare[metric]).format(a=a, b=b),
                lead=[[*winner.names, number(max(figures))]],
                must=[[number(f)] for f in figures],
                sections=[one.places, two.places],
                allowed=[r.server_place for r in (one, two) if r.server_place],
            )
        # The effect of one option: one clean pair.
        effect = [
            "What difference did {change} make to the final overall accuracy with {rest}?",
            "How did {change} affect the overall accuracy after the last session with {rest}?",
            "I keep forgetting: did {change} help the final overall accuracy for {rest}?",
            "What happened to the overall accuracy after the last session when we tried {change} with {rest}?",
        ]
        kept = 0
        pairs = [(a, b) for a in good for b in good if a is not b and (a.layers, a.layer) == (b.layers, b.layer)]
        rng.shuffle(pairs)
        for one, two in pairs:
            differ = [n for n in one.config | two.config if one.config.get(n) != two.config.get(n)]
            if len(differ) != 1 or differ[0] not in two.own or differ[0] in one.own or kept >= 3:
                continue
            name, value = differ[0], two.own[differ[0]]
            shared = [layer_words(one.layers, one.layer), *(self.setting(n, v) for n, v in one.own.items())]
            joined = shared[0] if len(shared) == 1 else f"{', '.join(shared[:-1])} and {shared[-1]}"
            kind = (one.layers, one.layer)
            doubles = [r for r in self.matching(kind, two.own) if r.own == two.own and r.overall]
            if doubles != [two] or abs(one.overall[-1] - two.overall[-1]) < 0.05:
                continue
            if len([r for r in self.matching(kind, one.own | {name: value}) if r.overall]) != 1:
                continue
            if name in DEFAULTS:
                change = f"changing the {WORDS[name]} from {DEFAULTS[name]} to {value}"
            else:
                change = f"adding `{name}` {value}"
            if not one.own:
                joined += " and everything else at its default"
            kept += self.put(
                "effect",
                rng.choice(effect).format(change=change, rest=joined),
                must=[[number(one.overall[-1])], [number(two.overall[-1])]],
                sections=[one.places, two.places],
                allowed=[r.server_place for r in (one, two) if r.server_place],
            )
        swept = [r for r in self.runs if r.sweep]
        top = max(swept, key=lambda r: r.overall[-1])
        wordings = [
            "In the sweep with {l}, which `{o}` gave the best final overall accuracy?",
            "When we swept `{o}` with {l}, what value won by overall accuracy after the last session?",
            "For {l} we tried several values of `{o}`; which was best in final overall accuracy?",
            "Which value of `{o}` should I quote as the best by final overall accuracy from the sweep with {l}?",
        ]
        self.put(
            "effect",
            rng.choice(wordings).format(l=layer_words(top.layers, top.layer), o=top.sweep),
            lead=[[top.own[top.sweep]]],
            must=[[number(top.overall[-1])]],
            sections=[top.places],
            allowed=[top.server_place],
        )

    def ask_doubts(self) -> None:
        """Contradictions, retracted and copied results."""
        rng = self.rng
        trust = [
            "Can we still trust the result of {ref}?",
            "Is there any reason not to quote {ref} in the paper?",
            "Would it be safe to put {ref} into the results table?",
            "Someone told me there was a problem with {ref}; what was it?",
        ]
        for run in self.runs:
            ref = self.refer(run)
            if run.verdict and ref:
                self.put("doubt", rng.choice(trust).format(ref=ref), must=[[run.verdict]], sections=[run.places])
            if run.later and ref:
                warned = f"Scratch#{self.note('Scratch').form(run.later)}"
                self.put(
                    "doubt",
                    rng.choice(trust).format(ref=ref),
                    must=[["stale", "can not be used"]],
                    sections=[[warned]],
                    allowed=run.all_places,
                )
            if run.copy_of:
                wordings = [
                    "Are there two experiments that report exactly the same numbers?",
                    "Did I copy a result by mistake, that is, do two different runs have identical arrays?",
                    "Before I submit: is any result in the notes a duplicate of another run's figures?",
                    "Which two experiments have suspiciously identical results?",
                ]
                both = [run, run.copy_of]
                self.put(
                    "doubt",
                    rng.choice(wordings),
                    must=[[*r.names[: -1 if r.overall else None], r.places[0]] for r in both],
                    sections=[r.places for r in both],
                    allowed=[r.server_place for r in both if r.server_place],
                )
            if run.misfit:
                wordings = [
                    "Is there a result whose harmonic mean does not fit its seen and unseen accuracy?",
                    "Which experiment has a harmonic mean that cannot be right, given seen and unseen accuracy?",
                    (
                        "I suspect a typo somewhere: where does the harmonic mean disagree with the seen and unseen "
                        "accuracies?"
                    ),
                    (
                        "Does every harmonic mean in the notes follow from seen and unseen accuracy, or is one of them "
                        "off?"
                    ),
                ]
                forms = [*run.names, number(run.mean[2]), *run.places]
                self.put("doubt", rng.choice(wordings), must=[forms], sections=[run.places])
            if run.said_epochs and ref:
                wordings = [
                    "Do the description and the command agree on the number of base epochs for {ref}?",
                    "For how many base epochs was {ref} really trained, and is that what the description says?",
                    "Is there a contradiction about the base epochs of {ref}?",
                    "I am unsure about the epochs of {ref}: do text and command say the same?",
                ]
                self.put(
                    "doubt",
                    rng.choice(wordings).format(ref=ref),
                    must=[[run.own["epochs_base"]], [run.said_epochs]],
                    sections=[[run.server_place] if run.server_place else run.places],
                    allowed=run.all_places,
                )

    def ask_tasks(self) -> None:
        """To-do questions."""
        rng = self.rng
        words = {
            " ": [
                "Which {c} tasks on my to-do list have I not started yet?",
                "Could you list the {c} items on my to-do list that are still untouched?",
                "What is left to do under {u} that I have not begun?",
                "Which of the things under {u} have I never tried so far?",
            ],
            "x": [
                "Which {c} tasks have I ticked off already?",
                "What have I finished under {u}?",
                "For the progress report, which {c} items of the to-do notes are done?",
                "Could you tell me which {c} tasks are completed?",
            ],
            "-": [
                "Which {c} tasks am I in the middle of?",
                "What is in progress under {u}?",
                "Which {c} items are ongoing at the moment?",
                "What am I currently working on under {u}?",
            ],
            ">": [
                "Which {c} tasks did I put off?",
                "What has been deferred under {u}?",
                "Which {c} items did I postpone?",
                "Could you remind me which {c} tasks I pushed back to later?",
            ],
        }
        groups: dict[tuple[str, str], list[int]] = {}
        for n, (task, history) in enumerate(self.tasks):
            groups.setdefault((task[0], history[-1][1]), []).append(n)
        kept: dict[str, int] = {}
        for (category, state), members in rng.sample(list(groups.items()), len(groups)):
            if state == "~" or len(members) > 5 or kept.get(state, 0) >= 2:
                continue
            free = (" ", ">") if state == " " else (state,)  # What was put off may count as not begun.
            others = [t[1] for t, h in self.tasks if t[0] == category and h[-1][1] not in free]
            used: list[list[str]] = [[self.tasks[n][0][1]] for n in members]
            kept[state] = kept.get(state, 0) + self.put(
                "tasks",
                rng.choice(words[state])
                .format(c=ADJECTIVES[category], u=f"{category} on my to-do list")
                .replace("Experiments to-do tasks on my", "Experiments tasks on my"),
                must=used,
                never=others,
                sections=[self.tasks[n][1][-1][2] for n in members],
                allowed=[p for n in members for _, _, places in self.tasks[n][1] for p in places],
            )
        single = [
            "Have I finished {g}?",
            "Did I ever get round to {g}?",
            "What is the state of {g}?",
            "How far am I with {g}?",
            "Could you check on my to-do list how things stand with {g}?",
        ]
        leads = {"x": YES, " ": OPEN, "-": ONGOING, ">": DEFERRED, "~": STRUCK}
        wrong = {"x": ["not finished", "not done"], " ": ["Yes,", "Yes."]}
        chosen = rng.sample(self.tasks, len(self.tasks))
        states: dict[str, int] = {}
        for task, history in chosen:
            state = history[-1][1]
            if states.get(state, 0) >= (2 if state in "x " else 1):
                continue
            wordings = single if state in "x " else single[2:]
            states[state] = states.get(state, 0) + self.put(
                "task-state",
                rng.choice(wordings).format(g=task[2]),
                must=[[task[1]]],
                lead=[leads[state]],
                never=wrong.get(state, []),
                sections=[history[-1][2]],
                allowed=[p for _, _, places in history for p in places],
            )
        when = [
            "On which day did I tick off {g}?",
            "When did I get {g} done?",
            "Do you know the date on which I finished {g}?",
            "When was I through with {g}?",
        ]
        finished = [(t, h) for t, h in chosen if h[-1][1] == "x" and len(h) > 1]
        for task, history in finished[:2]:
            self.put(
                "task-when",
                rng.choice(when).format(g=task[2]),
                must=[day_forms(history[-1][0])],
                lead=[day_forms(history[-1][0])],
                sections=[history[-1][2]],
                allowed=[p for _, _, places in history for p in places],
            )
        plans = [
            "What did I plan on {d} for the following day?",
            "On {d}, what did I intend to do the next day?",
            "Could you look up what I had put down for tomorrow on {d}?",
            "What was on my list for the day after when I stopped working on {d}?",
        ]
        for day, (items, places) in self.tomorrow.items():
            text = rng.choice(plans).format(d=self.said(day))
            self.put("next", text, must=[[item] for item in items], sections=[places])
        asof = [
            "As of {d}, had I finished {g}?",
            "Going by what the notes said on {d}, was {g} done?",
            "On {d}, how did things stand with {g}?",
            "Looking back to {d}: was I through with {g} by then?",
        ]
        for task, history in finished[2:5]:
            day = history[0][0] + datetime.timedelta(1)
            if day < history[-1][0]:
                self.put(
                    "as-of",
                    rng.choice(asof).format(d=self.said(day), g=task[2]),
                    must=[[task[1]]],
                    lead=[OPEN],
                    sections=[history[0][2]],
                    as_of=day.isoformat(),
                    today=day.isoformat(),
                )

    def ask_as_of(self) -> None:
        """What was known on an earlier day."""
        rng = self.rng
        words = [
            "As of {d}, what was the best {m} we had?",
            "What was our best {m} by {d}?",
            "If I look at the notes as they stood on {d}, which run led in {m}?",
            "At the time of the talk on {d}, what was the highest {m} so far?",
        ]
        tops: set[tuple[int, str, int]] = set()
        kept = 0
        for _ in range(40):
            day = self.day(20, self.length - 8)
            metric, name, index = rng.choice(self.METRICS[:6])
            known = [r for r in self.runs if r.overall and r.end < day]
            either = [r for r in self.runs if r.overall and r.start <= day]
            if len(known) < 4 or kept >= 3 or (name == "mean" and any(r.misfit for r in known)):
                continue
            ranked = sorted(known, key=lambda r: -getattr(r, name)[index])
            top = ranked[0]
            now = max((r for r in self.runs if r.overall), key=lambda r: getattr(r, name)[index])
            if (
                (id(top), name, index) in tops
                or top is now
                or top.odd
                or top is not max(either, key=lambda r: getattr(r, name)[index])
            ):
                continue
            if getattr(top, name)[index] - getattr(ranked[1], name)[index] < 0.02:
                continue
            figure = number(getattr(top, name)[index])
            tops.add((id(top), name, index))
            kept += self.put(
                "as-of",
                rng.choice(words).format(d=self.said(day), m=metric),
                lead=[[figure]],
                must=[[figure]],
                never=[number(getattr(now, name)[index])],
                sections=[top.places],
                allowed=[top.server_place] if top.server_place else [],
                as_of=day.isoformat(),
                today=day.isoformat(),
            )

    def ask_stories(self) -> None:
        """Prose questions, near misses and absent topics."""
        rng = self.rng
        told = rng.sample(self.told, len(self.told))
        near = 0
        for n, (story, day, picked, places) in enumerate(told):
            early = day - datetime.timedelta(3)
            if n < 2 and early > self.first:
                self.put(
                    "as-of-unknown", rng.choice(story.asks), False, as_of=early.isoformat(), today=early.isoformat()
                )
                continue
            if n > 16:
                break
            self.put(
                story.kind,
                rng.choice(story.asks),
                must=[[form.format(**picked) for form in forms] for forms in story.must],
                sections=[places],
            )
            if story.near and near < 7 and rng.random() < 0.7:
                near += self.put("near-miss", story.near, False)
        for n, text in enumerate(rng.sample(ABSENT, len(ABSENT))):
            if n < 7 or 5 * sum(not q.answered for q in self.questions) < len(self.questions) + 5:
                self.put("absent", text, False)

    def ask_all(self) -> None:
        """Every kind in turn."""
        self.ask_intervals()
        self.ask_runs()
        self.ask_doubts()
        self.ask_tasks()
        self.ask_as_of()
        self.ask_stories()


def make_journal(root: Path, seed: int, notes: int = 40) -> list[Question]:
    """Writes a vault under root and gives its questions. notes: how many files."""
    return Logbook(root, seed, notes).make()


def passage(text: str, heading: str) -> list[str]:
    """The texts under a heading of any level, heading included, each up to the next of its level or above."""
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
        for place in {p for group in question.sections for p in group} | set(question.allowed):
            note, _, heading = place.partition("#")
            parts = passage((root / f"{note}.md").read_text("utf-8"), heading)
            if len(parts) != 1:
                missing.append(f"{question.id}: {place} stands {len(parts)} times")
            held += "\n".join(f"{place}\n{part}" for part in parts)
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
