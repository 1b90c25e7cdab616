"""A third hand for the seeded journals: other stories, layouts and ways to ask, on the machinery of notebook.py.

It serves the seeds from 2000 on. Nothing but the conventions of the notes was at hand when it was written. Gold is
worked out of what was drawn; where two careful colleagues could disagree, nothing is asked.
Usage: python benchmarks/journal/notebook.py OUT --seed 2000 --notes 40 [--verify]
"""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from notebook import DAY, Notebook, Run, day_forms, number

#: Option -> values a run is drawn from; the first is what most runs use.
OPTIONS: dict[str, list[str]] = {
    "sequential_layer": ["None", "Transformer", "GRU"],
    "noise_prob": ["0.0", "0.8"],
    "lr_base": ["0.005", "0.001", "0.02"],
    "batch_size_base": ["128", "256"],
    "matrix_loss_metric": ["cosine", "attention", "cka"],
    "loss_res_cls": ["0", "0.2"],
    "loss_lpc": ["0", "2"],
    "epochs_base": ["100", "200"],
}
#: As in the older training script; the rest is the same in every run.
ORDER = [
    "project",
    "dataset",
    "base_mode",
    "lr_base",
    "decay",
    "epochs_base",
    "batch_size_base",
    "schedule",
    "temperature",
    "noise_prob",
    "matrix_loss_metric",
    "num_features_pri",
    "sequential_layer",
    "loss_lpc",
    "loss_res_cls",
]
FIXED = {
    "project": "primitive",
    "dataset": "gsc2",
    "base_mode": "ft_cos",
    "decay": "0.0005",
    "schedule": "Cosine",
    "temperature": "16",
    "num_features_pri": "101",
}

WORDS = {
    ("sequential_layer", "Transformer"): ["Transformer on top", "with the Transformer layer"],
    ("sequential_layer", "GRU"): ["GRU on top", "sequence module is a GRU"],
    ("noise_prob", "0.8"): ["noise for eight of ten clips (`noise_prob` 0.8)", "`noise_prob` 0.8"],
    ("lr_base", "0.001"): ["`lr_base` 0.001", "lr down to 0.001"],
    ("lr_base", "0.02"): ["`lr_base` 0.02"],
    ("batch_size_base", "256"): ["double batch", "`batch_size_base` 256"],
    ("matrix_loss_metric", "attention"): ["attention as matrix metric"],
    ("matrix_loss_metric", "cka"): ["CKA between the matrices", "`matrix_loss_metric` cka"],
    ("loss_res_cls", "0.2"): ["residual classification 0.2", "`loss_res_cls` 0.2"],
    ("loss_lpc", "2"): ["`loss_lpc` 2", "lpc_loss 2"],
    ("epochs_base", "200"): ["twice the epochs", "200 epochs"],
}

REMARKS = [
    "Third session is the weak one agian.",
    "Nothing special.",
    "Base words hold up well.",
    "Should look at this with another seed some time.",
]

FILLER = [
    "Lift is out of order, {n} steps up to the lab.",
    "Library wants the book on spectral estimation back, fine is {n} cents.",
    "Lunch with the robotics people, they work on grasping.",
    "Trip to the summer school costs 4{n} euro, form is on the desk.",
    "Student assistant starts on monday, needs a key.",
    "Printer on floor two has no toner, {n} pages lost.",
    "Skimmed a survey on hearing aids, {n} references, nothing to take.",
]

TASKS = [
    "Draw the block diagram for the slides",
    "Clean up the argument parser",
    "Book the room for the group seminar",
    "Sort the recordings of the second microphone",
    "Write the abstract for the workshop",
    "Move the old checkpoints to tape",
    "Look for a faster resampler",
    "Prepare the listening test",
    "Answer the mail of the reviewer",
    "Refactor the feature loader",
]
FAILED = ("Port the extractor to the phone", "the compiler has no complex numbers")
STRUCK = "Order a second sound card"


NOT_DONE = ["not done", "not finished", "No,", "No:", "No.", "still open"]


class Story(NamedTuple):
    """A passage. sub: word of a dated sub-heading, or "". asked: question, forms of which a right answer holds one.

    near: a question that shares words with it, on what it does not say.
    """

    note: str
    sub: str
    text: str
    asked: list[tuple[str, list[str]]]
    near: str


STORIES = [
    Story(
        "class_balance",
        "",
        "The balanced sampler draws every keyword equally often, and I beleived that this is what the small classes "
        "need. After looking at the batches it is clear what happens: the same eleven clips of `backward` come again "
        "and again, so the network learns the rooms and not the word. I went back to plain shuffling and weight the "
        "loss per class instead.",
        [
            ("why did i drop the balanced sampler", ["rooms", "eleven clips", "again and again"]),
            ("wat goes wrong if the rare keywords are drawn more often", ["rooms", "eleven clips", "again and again"]),
            ("what do i do now in place of the balanced sampling", ["weight the loss", "plain shuffling", "weighted"]),
        ],
        "who wrote the balanced sampler",
    ),
    Story(
        "Scratch",
        "",
        "The live demo kept saying `yes` while nobody spoke. Recorded ten seconds of the empty office: the fan of the "
        "laptop puts a hum at 120 Hz into every clip, and because of it the silence threshold is never reached. A "
        "high-pass at 200 Hz in front of the features makes it quiet.",
        [
            ("why did the demo fire with noone talking", ["fan", "hum"]),
            ("how did i get rid of the false triggers in the live demo", ["high-pass", "200 Hz"]),
            ("at which frequency does the laptop fan hum?", ["120"]),
        ],
        "which brand is the laptop with the loud fan",
    ),
    Story(
        "teacher_student",
        "Idea",
        "Thought about letting the base model act as a teacher in the incremental steps, so that the old logits stay "
        "where they were. The trouble is memory: two copies of the net with their activations do not fit on the 11 GB "
        "card. If I ever do it, the outputs of the teacher should be stored on disk once, since they never change.",
        [
            ("why no distillation so far", ["memory", "do not fit", "11 GB"]),
            ("what would i do with the teachers outputs", ["stored on disk", "on disk", "to disk"]),
            ("distillation idea - what should it be good for", ["stay where they were", "old logits"]),
        ],
        "who proposed the teacher idea",
    ),
    Story(
        "seed_spread",
        "",
        "Three seeds of the very same command lie 1.4 points apart after the last session, which is more than most of "
        "the gains that I was happy about. So whatever is below that is luck, and a half point better means nothing. "
        "In the paper every number gets a mean of three and a standard deviation.",
        [
            ("how big is the difference just from the seed", ["1.4"]),
            ("from what gain on can i believe an improvement", ["1.4"]),
            ("how do i want to report numbers in the paper, one seed or more", ["mean of three", "three", "deviation"]),
        ],
        "what does the note on seeds say about bootstrap confidence",
    ),
    Story(
        "bad_clips",
        "Data",
        "Listened to two hundred files of `learn` with headphones on. In 17 of them somebody says `burn`, or there is "
        "only breathing, and one is a door. Their names went into `skip.txt` and the loader leaves them out; the lists "
        "of the protocol themselves stay untouched, so that others can compare.",
        [
            ("how many of the learn files were junk", ["17"]),
            ("where do i list the clips the loader should ignore", ["skip.txt"]),
            ("what was actually in the mislabeled learn recordings", ["burn", "breathing", "door"]),
        ],
        "how many of the happy files were mislabeled",
    ),
    Story(
        "Scratch",
        "",
        "All axis labels below zero came out as little boxes in the camera-ready pdf. The typeface of the template has "
        "no glyph for the long dash that matplotlib uses; setting `axes.unicode_minus` to False and drawing everything "
        "again was enough.",
        [
            ("negative numbers looked broken in my figures, fix?", ["unicode_minus"]),
            ("why were there boxes in the plots of the camera ready", ["glyph", "typeface"]),
            ("which matplotlib switch did i need", ["unicode_minus"]),
        ],
        "which dpi do i need for the camera ready figures",
    ),
    Story(
        "streaming",
        "",
        "For the streaming version a window of one second moves on by 250 ms each time. A word is then often cut in "
        "two, and the halves are heard as something else. Taking a vote of three neighbouring windows removes most of "
        "these ghosts, at the price of half a second of delay, which is on the edge of what people accept.",
        [
            ("how do i get rid of ghost detections in streaming mode", ["vote", "voting", "neighbour"]),
            ("what does the voting cost me", ["half a second", "delay"]),
            ("how far does the window move per step when streaming", ["250"]),
        ],
        "how much battery does the streaming version use",
    ),
    Story(
        "Scratch",
        "",
        "Half a day lost. The evaluation loaded `last.pt` of an older folder, becuase `model_dir` was resolved against "
        "the home directory and not against the project. From now all paths are made absolute at the start, and the "
        "hash of the file is printed before anything is computed.",
        [
            ("why did the eval pick up an old checkpoint", ["home directory"]),
            ("what did i change so that wrong weights are noticed", ["hash", "absolute"]),
            ("which file was loaded by mistake in the evaluation", ["last.pt"]),
        ],
        "how large is last.pt of the evaluation",
    ),
    Story(
        "word_centre",
        "Idea",
        "Idea from the bus: let a CTC head, trained on the base words only, find the middle of the word, and cut the "
        "clip around it before the prototype is made. The support clips of new words often start late, so half of "
        "their frames are silence and the mean is pulled away. Could be switched off at test time.",
        [
            ("whats the ctc idea", ["middle of the word", "cut the clip"]),
            ("why would cropping help for support clips", ["start late", "silence"]),
            ("the thing i thought of on the bus?", ["CTC", "middle of the word"]),
        ],
        "which paper is the ctc idea taken from",
    ),
    Story(
        "int8",
        "",
        "Put the weights into int8. The base words lose next to nothing, but the new words fall by four points. Their "
        "prototypes were averaged in float, and the rounding of the embeddings moves the two apart. Computing the "
        "prototypes once more with the quantised net brings back nearly all of it.",
        [
            ("what does quantisation do to novel words", ["four points", "fall by four", "by four"]),
            ("how can i repair the int8 model", ["prototypes once more", "Computing the prototypes", "ecomput"]),
            ("why do new classes suffer from 8 bit weights", ["averaged in float", "rounding"]),
        ],
        "how fast is int8 on the phone",
    ),
    Story(
        "Scratch",
        "",
        "Dr. Osei came by and asked why there is no nearest-centroid on raw filterbanks next to our numbers. He is "
        "right, without it nobody can tell what the network adds. Promised to have this baseline for Thursday, it is "
        "only a few lines anyway.",
        [
            ("which comparison is missing acc to osei", ["centroid", "filterbank"]),
            ("until when did i promise the extra baseline", ["Thursday"]),
            ("what did dr osei want", ["centroid", "filterbank"]),
        ],
        "what did dr osei say about the learning rate",
    ),
    Story(
        "board",
        "Study",
        "The microcontroller has 256 kB of RAM in total. The features alone took 98 kB of it with 40 bands, which left "
        "too little for the first layer. With 24 bands it fits, and the loss of accuracy is smaller than I feared, "
        "since the upper bands hold little of what tells the words apart.",
        [
            ("how much ram is on the microcontroller", ["256"]),
            ("why only 24 bands on the board", ["98 kB", "RAM", "too little", "fits"]),
            ("why doesnt it hurt much to have fewer bands", ["upper bands"]),
        ],
        "how many milliwatt does the microcontroller draw",
    ),
    Story(
        "background_mix",
        "",
        "Found out why the mixed clips sound nearly clean. The background files are normalised by their peak, so one "
        "click in a file makes everything else in it inaudible. The level should be the RMS over the speech part, for "
        "the word and for the background alike; then 10 dB also sounds like 10 dB.",
        [
            ("why could i hardly hear the background in the mixed clips", ["peak", "click"]),
            ("how should levels be computed for mixing", ["RMS"]),
            ("what was wrong with scaling the background files", ["peak", "click"]),
        ],
        "how many background files do we own",
    ),
    Story(
        "rejection",
        "Idea",
        "One threshold for unknown words does not work. `go` has a cosine of 0.9 with nearly every short sound, while "
        "`visual` hardly gets above 0.6 with itself. A threshold per keyword is needed, and it can come from the "
        "support clips themselves: leave one out, take the lowest value, subtract a little.",
        [
            ("why not a single rejection threshold", ["`go`", "go has", "visual", "0.9"]),
            ("how do i want to get the rejection threshold", ["leave one out", "leave-one-out", "per keyword"]),
            ("which keyword is similar to every short sound", ["`go`", "go has", " go "]),
        ],
        "what false alarm rate came out with the rejection threshold",
    ),
]

#: A decision, what a later day makes of it, and questions on it.
FORMER = (
    "Decision on the main number: it will be the mean over all sessions. Reviewers know it from the image papers, and "
    "a lucky final session cannot hide the others."
)
LATTER = (
    "I take back what stands under {link} about the main number. The mean hides the drop at the end, and that drop is "
    "the whole point of the work. The last session is the headline from now on, the mean goes to the appendix."
)

ABSENT = [
    "gimme the auc of the best run",
    "word error rate?",
    "results on urbansound",
    "how did the perceiver do",
    "what did i discuss with hanna bergström",
    "did i get an answer from the ethics board, what did they say",
    "best run with batch size 1024",
    "hm with noise_prob 0.35",
    "what dropout rate did i use in the gru",
    "how much did the gpu hours cost me",
    "whats the flop count of the model",
    "which runs used loss_triplet",
    "what did i note about reinforcement learning",
    "results for the german keywords",
    "why did i move from adam to lion",
    "whats the password of the lab wiki",
    "pesq of the denoised clips pls",
    "which augmentation did the hungarian group use",
    "how is the cat of the neighbour called",
    "how many hidden units has the mamba layer",
    "accuracy on voxceleb",
]

SPELLED = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NOUNS = (
    "run",
    "training",
    "experiment",
    "time",
    "of ",
    "match",
    "have",
    "had",
    "used",
    "use",
    "with",
    "record",
    "(",
    ":",
)

METRICS: dict[str, Callable[[Run], float]] = {
    "hm": lambda r: r.harmonic[-1],
    "unseen": lambda r: r.unseen[-1],
    "seen": lambda r: r.seen[-1],
    "acc": lambda r: r.accuracy[-1],
}


def counted(count: int) -> list[str]:
    """Ways in which an answer may open with a count."""
    word = SPELLED[count] if count < len(SPELLED) else str(count)
    forms = [f"{shown} {noun}" for noun in NOUNS for shown in (str(count), word, word.capitalize())]
    return [*forms, f"{count}:", word.capitalize()]


class OtherNotebook(Notebook):
    """The third hand. What is special about a run stands in tables by its number.

    own: its quote says that it is wrong. second: it as it would be with its second arrays. like: number of the run that
    its description points to; alike: it has no Server entry of its own. under: the older day whose heading it stands
    below. paired: its Server entry has two commands.
    """

    options = OPTIONS
    order = ORDER
    plain = {name: values[0] for name, values in OPTIONS.items()} | FIXED
    words = WORDS
    quoted = ("sequential_layer", "matrix_loss_metric", "schedule")
    remarks = REMARKS
    filler = FILLER
    filler_notes = ("reading", "call", "errand", "slides")

    def __init__(self, root: Path, seed: int, notes: int) -> None:
        super().__init__(root, seed, notes)
        self.own: dict[int, str] = {}
        self.second: dict[int, Run] = {}
        self.like: dict[int, int] = {}
        self.alike: set[int] = set()
        self.under: dict[int, datetime.date] = {}
        self.paired: set[int] = set()
        self.subs: dict[datetime.date, str] = {}
        self.stood: list[tuple[Story, datetime.date]] = []
        self.decided: tuple[datetime.date, datetime.date] = (self.start, self.today)
        self.task_result: Run | None = None

    # -- the world -----------------------------------------------------------------------------------------------------

    def make_runs(self) -> None:
        """Runs on about a third of the days; one entry has two commands; ten runs have something wrong or odd."""
        draw = self.draw
        days = [self.start + n * DAY for n in range(70)]
        chosen = sorted(draw.sample(days, 25 if self.count < 300 else 38))
        pair = draw.randrange(5, len(chosen) - 5)
        configs: list[dict[str, str]] = []
        for n, day in enumerate(chosen):
            config = dict(draw.choice(configs[-5:])) if configs and draw.random() < 0.65 else dict(self.plain)
            for _ in range(20):
                option = draw.choice(list(OPTIONS))
                config[option] = draw.choice([v for v in OPTIONS[option] if v != config[option]])
                if n == pair:
                    config["sequential_layer"] = "GRU"
                if config not in configs:
                    break
            configs.append(config)
            self.add_run(day, config)
            if n == pair:
                first = self.runs[-1]
                self.add_run(day, config | {"sequential_layer": "Transformer"})
                self.runs[-1].result_day = first.result_day
                self.paired = {first.number, first.number + 1}
        taken = set(self.paired)

        def role(fits: Callable[[Run], bool] = lambda run: True) -> Run | None:
            pool = [r for r in self.runs[3:-2] if r.number not in taken and fits(r)]
            if not pool:
                return None
            chosen = draw.choice(pool)
            taken.add(chosen.number)
            return chosen

        ranked = sorted((r for r in self.runs[:-1] if r.number not in taken), key=METRICS["hm"], reverse=True)
        ranked[0].retracted = "it was evaluated with the base words of the test list in the support set"
        ranked[1].retracted = "wrong code"
        self.own[ranked[1].number] = "wrong code"
        taken |= {ranked[0].number, ranked[1].number, 0, 1, len(self.runs) - 1}
        alike = role(
            lambda r: self.alone(r) and self.alone(self.runs[r.number - 1]) and r.number - 1 not in taken | {r.number}
        )
        if alike is not None:
            above = self.runs[alike.number - 1]
            taken.add(above.number)
            alike.config = dict(above.config)
            alike.words = "Same setting with the experiment above, only another seed"
            self.like[alike.number] = above.number
            self.alike.add(alike.number)
        free = {r.day for r in self.runs} | {r.result_day for r in self.runs}
        shifted = role(lambda r: r.day - DAY not in free and self.alone(r))
        if shifted is not None:
            self.under[shifted.number] = shifted.day - DAY
        both = role()
        if both is not None:
            plus = [round(v + 1.5 + n * 0.2, 3) for n, v in enumerate(both.unseen)]
            mean = [round(2 * s * u / (s + u), 3) for s, u in zip(both.seen, plus, strict=True)]
            accuracy = [both.accuracy[0], *(round(v + 0.3, 3) for v in both.accuracy[1:])]
            self.second[both.number] = dataclasses.replace(both, unseen=plus, harmonic=mean, accuracy=accuracy)
        for ended in ("stopped", "nan"):
            failed = role()
            if failed is not None:
                failed.ended, failed.accuracy, failed.seen, failed.unseen, failed.harmonic = ended, [], [], [], []
        slip = role(lambda r: r.config["epochs_base"] == "100" and self.alone(r))
        if slip is not None:
            slip.slip = True
        copy = role()
        if copy is not None:
            copy.copy_of = 1
            source = self.runs[1]
            copy.accuracy, copy.seen, copy.unseen, copy.harmonic = (
                source.accuracy,
                source.seen,
                source.unseen,
                source.harmonic,
            )
        # below what is best of the sound runs, so that nobody has to choose between the two
        wrong = role(lambda r: r.harmonic != [] and METRICS["hm"](r) + 3.25 < METRICS["hm"](ranked[2]))
        if wrong is not None:
            wrong.wrong_mean = True
            wrong.harmonic = [*wrong.harmonic[:-1], round(wrong.harmonic[-1] + 3.25, 3)]
        for run in self.runs:
            for former in self.runs[: run.number]:
                differing = [k for k in OPTIONS if run.config[k] != former.config[k]]
                fits = len(differing) == 1 and (differing[0], run.config[differing[0]]) in WORDS
                fits = fits and self.alone(former) and self.alone(run) and not self.like.keys() - self.alike
                if fits and not {run.number, former.number} & taken:
                    self.like[run.number] = former.number
                    taken |= {run.number, former.number}
                    words = WORDS[(differing[0], run.config[differing[0]])][0]
                    run.words = f"Exactly the same with [[#{self.heading('Experiments', former.day)}]], but {words}"

    def days_of(self, run: Run) -> set[datetime.date]:
        """Every day that a run can be put on."""
        found = {run.day}
        if run.ended == "finished" and run.result_day is not None:
            found.add(run.result_day)
        if run.number in self.under:
            found.add(self.under[run.number])
        return found

    # -- the writing ---------------------------------------------------------------------------------------------------

    def write_runs(self) -> None:
        """Server entries and results, and the summary table on top."""
        draw = self.draw
        for run in self.runs:
            if run.number in self.paired and run.number - 1 in self.paired:
                self.write_result(run)
                continue
            commands = [self.command(run)]
            text = self.words_of(run) + "."
            if run.number in self.paired:
                commands = [self.command(self.runs[n]) for n in sorted(self.paired)]
                text = "GRU against Transformer, everything else is equal."
            if run.number not in self.alike:
                mark = "x" if run.ended == "finished" else draw.choice("x-")
                info = "sh full config" if run.day < self.start + 25 * DAY else "sh gsc2.sh"
                close = "```" if draw.random() < 0.15 else "\n```"
                lines = [f"- [{mark}] {text}"]
                if draw.random() < 0.3:
                    lines += ["  > [!note]", f"  > Code : [[{draw.choice(['streaming', 'int8', 'main_loop'])}]]"]
                lines += ["", f"```{info}\n" + "\n\n".join(commands) + close]
                if run.ended == "stopped":
                    lines += ["> [!fail]", "> Stopped by hand, somebody else needs the card."]
                elif run.ended == "nan":
                    lines += ["> [!Error]  NaN occurs."]
                elif run.number in self.under:
                    lines += ["> [!note] Result", f"> [[Experiments#Experiments-{run.day:%Y/%m/%d}]]"]
                elif run.result_day is not None:
                    lines += ["> [!note] Result", f"> {self.link('Experiments', run.result_day)}"]
                self.put("Server", run.day, "\n".join([*lines, "---"]))
            self.write_result(run)
        rows = [r for r in self.runs if r.whole and self.alone(r) and r.number not in self.under][:5]
        table = "\n".join(
            f"[[#{self.heading('Experiments', r.day)}]] : hm {number(r.harmonic[-1])}, {r.words}" for r in rows
        )
        first = min(self.pages["Experiments"])
        if draw.random() < 0.5:
            self.preface["Experiments"] = f"```\n{table}\n\n"
            self.put("Experiments", first, "```")
        else:
            self.preface["Experiments"] = f"```\n{table}\n```\n\n"

    def arrays(self, run: Run) -> str:
        """The four labelled arrays."""
        names = (("", run.accuracy), ("Seen acc:\n", run.seen), ("Unseen acc:\n", run.unseen))
        return "\n".join(
            f"{name}[{', '.join(map(number, values))}]" for name, values in (*names, ("Harmonic mean:\n", run.harmonic))
        )

    def write_result(self, run: Run) -> None:
        """The result, in one of the layouts."""
        draw = self.draw
        if run.ended != "finished" or run.result_day is None:
            if draw.random() < 0.5:
                said = "NaN occurs." if run.ended == "nan" else "Stopped."
                self.put("Experiments", run.day, f"> {self.words_of(run)}.\n> {said}")
            return
        words = f"{self.words_of(run)}."
        server = f"> Server : {self.link('Server', run.day)}\n" if run.number not in self.alike else ""
        arrays = self.arrays(run)
        odd = {*self.own, *self.second, *self.like, *self.under}
        if run.number < 5 and run.number not in odd and draw.random() < 0.7:
            close = "```" if draw.random() < 0.4 else "\n```"
            text = f"```txt {words[:-1]}\n{arrays}{close}"
        elif run.number in self.second:
            best = self.arrays(self.second[run.number])
            quote = draw.choice(["> ", ""])
            text = f"> {words}\n{server}{quote}Result with best fifth session\n{best}\n\n{quote}Final result\n{arrays}"
        elif run.number in self.own:
            verdict = draw.choice(["> [!fail] This result is from wrong code.", "> [!Warning]  From the wrong code."])
            text = f"> {words}\n{verdict}\n{server}{arrays}"
        elif draw.random() < 0.15:
            text = f"> [!note] Config\n> {words}\n{server}{arrays}"
        else:
            text = f"> {words}\n{server}{arrays}"
        if run.remark:
            text += f"\n- {run.remark}"
        day = self.under.get(run.number, run.result_day)
        shifted = run.number in self.under
        if (shifted or draw.random() < 0.25) and day not in self.subs:
            self.subs[day] = f"Experiments-{run.result_day:%Y/%m/%d}"
            text = f"### {self.subs[day]}\n{text}"
        self.put("Experiments", day, text)
        if run.retracted and run.number not in self.own:
            later = min(run.result_day + draw.randrange(2, 5) * DAY, self.today - DAY)
            shown = f"[[Experiments#{self.heading('Experiments', run.result_day)}]]"
            self.retraction = self.put(
                "Scratch",
                later,
                f"- > [!warning] Numbers of {shown} cannot be used: {run.retracted}. Has to be run again.",
            )

    def write_stories(self) -> None:
        """Paragraphs in Scratch and topic notes, some under a dated sub-heading; and a decision that is taken back."""
        days = self.draw.sample([self.start + n * DAY for n in range(5, 66)], len(STORIES))
        for story, day in zip(STORIES, days, strict=True):
            clock = f"{self.draw.randrange(9, 20):02}:{self.draw.randrange(60):02}:{self.draw.randrange(60):02} : "
            text = (
                f"- {clock if self.draw.random() < 0.4 else ''}{story.text}" if story.note == "Scratch" else story.text
            )
            if story.sub:
                text = f"### {story.sub}-{day:%Y/%m/%d}\n{text}"
            elif story.note != "Scratch" and self.draw.random() < 0.3:
                text = f"> [!{self.draw.choice(['tip', 'Note', 'IMPORTANT'])}]\n> {text}"
            self.put(story.note, day, text)
            self.stood.append((story, day))
        first = self.start + self.draw.randrange(8, 25) * DAY
        second = first + self.draw.randrange(14, 35) * DAY
        self.decided = (first, second)
        self.put("paper_plan", first, FORMER)
        self.put("paper_plan", second, LATTER.format(link=f"[[#{self.heading('paper_plan', first)}]]"))

    def write_tasks(self) -> None:
        """Monthly to-do notes; open tasks stand again under later days."""
        draw = self.draw
        states = [" ", "x", "-", ">", *(draw.choice(" x->") for _ in TASKS[4:])]
        done = [r for r in self.runs if r.whole and self.alone(r) and r.number not in odd_of(self)]
        self.task_result = draw.choice(done)
        result = self.task_result
        for text, state in zip(TASKS, states, strict=True):
            first = self.start + draw.randrange(20, 50) * DAY
            last = first + draw.randrange(1, 15) * DAY
            self.tasks[text] = (state, first, last)
            for day, mark in ((first, " "), (last, state)):
                category = (
                    f"### {draw.choice(['Others', 'Code', 'Paper'])}-{day:%Y/%m/%d}\n" if draw.random() < 0.4 else ""
                )
                detail = "\n  > Detail : see the mail" if draw.random() < 0.2 else ""
                self.put(day.strftime("%B"), day, f"{category}- [{mark}] {text}{detail}")
        day = self.start + 33 * DAY
        self.put(day.strftime("%B"), day, f"- [ ] ~~{STRUCK}~~")
        self.put(day.strftime("%B"), day, f"- [x] {FAILED[0]} [!fail] {FAILED[1]}")
        links = (
            f"  > Result : [[Experiments#{self.heading('Experiments', result.day)}]]\n"
            f"  > Server : [[Server#{self.heading('Server', result.day)}]]"
        )
        self.put(result.day.strftime("%B"), result.day, f"- [x] Try the setting that Jonas proposed\n{links}")

    # -- the questions -------------------------------------------------------------------------------------------------

    def places(self, run: Run) -> list[str]:
        """Where a run stands, the sub-heading included."""
        found = [] if run.number in self.alike else [f"Server#{self.heading('Server', run.day)}"]
        if run.ended == "finished" and run.result_day is not None:
            day = self.under.get(run.number, run.result_day)
            found.append(f"Experiments#{self.heading('Experiments', day)}")
            if day in self.subs:
                found.append(f"Experiments#{self.subs[day]}")
        elif run.day in self.pages["Experiments"]:
            found.append(f"Experiments#{self.heading('Experiments', run.day)}")
        return found

    def extra(self) -> list[str]:
        """Places that may be cited with any run: its notes as a whole, the table on top, the later retraction."""
        return [*(p for r in self.runs for p in self.places(r)), self.retraction, "Experiments#Experiments"]

    def ask(self) -> None:
        """All questions; those without an answer are a bit less than a fifth."""
        self.ask_intervals()
        self.ask_empty()
        self.ask_superlatives()
        self.ask_counts()
        self.ask_order()
        self.ask_runs()
        self.ask_effects()
        self.ask_as_of()
        self.ask_prose()
        self.ask_tasks()
        self.ask_doubts()
        near = self.draw.sample([s.near for s in STORIES], 7)
        pool = [*near, f"whats the result from {self.today + 9 * DAY:%Y/%m/%d}", *self.draw.sample(ABSENT, len(ABSENT))]
        while pool and sum(not q.answered for q in self.questions) < 0.185 * len(self.questions):
            self.add("absent", pool.pop(0), answered=False)

    def inside(self, first: datetime.date, last: datetime.date) -> list[Run] | None:
        """The runs of an interval; None when some run lies on both sides of an end."""
        found = []
        for run in self.runs:
            days = self.days_of(run)
            if all(first <= d <= last for d in days):
                found.append(run)
            elif any(first <= d <= last for d in days):
                return None
        return found

    def quiet(self, *days: datetime.date) -> bool:
        """Whether no run can be put on any of these days."""
        return not {d for r in self.runs for d in self.days_of(r)} & set(days)

    def ask_intervals(self) -> None:
        """Runs of a stretch of days. Days on which people disagree whether they belong to it hold no run."""
        draw, today = self.draw, self.today
        monday = today - today.weekday() * DAY
        week = monday - draw.randrange(3, 7) * 7 * DAY
        month = (self.start + 40 * DAY).replace(day=1)
        half = month + 15 * DAY
        end = (month + 32 * DAY).replace(day=1) - DAY
        recent = [r for r in self.runs if today - 24 * DAY <= r.day <= today - 2 * DAY]
        one = draw.choice(recent or self.runs[-4:])
        other = draw.choice(self.runs[6:-4])
        easter = datetime.date(2025, 4, 20)
        name = month.strftime("%B").lower()
        ends = (other.day - 3 * DAY, other.day + 4 * DAY)
        lone = draw.choice([r for r in self.runs[4:] if self.alone(r)])
        since = today - draw.randrange(9, 13) * DAY
        asked: list[tuple[str, datetime.date, datetime.date, bool]] = [
            (f"what did i train in the week of {week:%B} {week.day}".lower(), week, week + 6 * DAY, True),
            (f"runs first half of {name}?", month, month + 14 * DAY, self.quiet(half - DAY, half)),
            (f"2nd half of {name}, what ran", half, end, end < today and self.quiet(half - DAY, half)),
            ("mon-wed last week on the gpu, what was it", monday - 7 * DAY, monday - 5 * DAY, True),
            ("what i have trained last week thursday till sunday", monday - 4 * DAY, monday - DAY, True),
            (f"what ran on the {ordinal(one.day)}", one.day, one.day, one in recent and one.day.day != today.day),
            (
                "past fortnight: which trainings",
                today - 13 * DAY,
                today,
                self.quiet(today - 14 * DAY, today - 13 * DAY, today),
            ),
            ("the day before yesterday i ran what", today - 2 * DAY, today - 2 * DAY, True),
            ("gpu jobs in the last 48 hours", today - DAY, today, self.quiet(today - 2 * DAY)),
            (
                "everything since easter pls",
                easter,
                today,
                today > easter + 8 * DAY and self.quiet(*(easter + n * DAY for n in range(-2, 2))),
            ),
            ("last weekend's runs", monday - 2 * DAY, monday - DAY, today.weekday() < 4),
            (
                f"from {ends[0].day}.{ends[0].month}. to {ends[1].day}.{ends[1].month}. which runs",
                *ends,
                ends[0].day > 12,
            ),
            (f"show trainings {ends[0]:%Y%m%d} - {ends[1]:%Y%m%d}", *ends, True),
            (f"gimme all what ran after {since:%b} {since.day}".lower(), since + DAY, today, self.quiet(since)),
            (f"ran anything on {self.spoken(lone.day)}?", lone.day, lone.day, True),
            (
                f"what was on the server in calendar week {other.day.isocalendar().week}",
                other.day - other.day.weekday() * DAY,
                other.day + (6 - other.day.weekday()) * DAY,
                True,
            ),
        ]
        for question, first, last, clear in asked:
            inside = self.inside(first, last)
            if not clear or inside is None or len(inside) > 9:
                continue
            if any(word in question for word in ("gpu", "server")) and self.alike & {r.number for r in inside}:
                continue
            if not inside:
                if sum(not q.answered for q in self.questions) < 4:
                    self.add("interval", question, answered=False)
                continue
            self.add_interval(question, inside)
        for question, first, last in [
            (f"how many trainings in the week of {week:%b} {week.day}".lower(), week, week + 6 * DAY),
            (f"number of runs from {ends[0]:%Y/%m/%d} to {ends[1]:%Y/%m/%d}", *ends),
        ]:
            inside = self.inside(first, last)
            if inside and all(r.ended == "finished" and r.number not in self.alike | {*self.second} for r in inside):
                self.add("count", question, lead=[counted(len(inside))])

    def add_interval(self, question: str, inside: list[Run], kind: str = "interval") -> None:
        """A question whose answer shows exactly these runs."""
        must = []
        for run in inside:
            forms = [number(run.harmonic[-1]), number(run.accuracy[-1])] if run.harmonic else ["topped", "NaN", "nan"]
            if run.number in self.second:
                forms += [number(self.second[run.number].harmonic[-1])]
            must.append(forms)
        known = [*inside, *(self.runs[self.like[r.number]] for r in inside if r.number in self.like)]
        shared = {number(r.harmonic[-1]) for r in known if r.harmonic}
        never = [number(r.harmonic[-1]) for r in self.runs if r not in known and r.harmonic]
        self.add(
            kind,
            question,
            must=must,
            never=[n for n in never if n not in shared and len(n) > 5] if len(inside) < 7 else [],
            sections=[self.places(r) for r in inside],
            allowed=[p for r in known for p in self.places(r)] + [self.retraction],
        )

    def ask_empty(self) -> None:
        """Stretches without any run."""
        busy = {d for r in self.runs for d in self.days_of(r)}
        days = [self.start + n * DAY for n in range(4, 62)]
        gaps = [d for d in days if not {d + n * DAY for n in range(-1, 4)} & busy]
        if gaps:
            day = self.draw.choice(gaps)
            self.add("interval", f"runs on {self.spoken(day + DAY)}, which ones", answered=False)
            ends = f"{day:%Y/%m/%d} and {day + 2 * DAY:%Y/%m/%d}"
            self.add("interval", f"what trained between {ends}", answered=False)
        self.add("interval", "which trainings did i do in august 2023", answered=False)

    def odds(self) -> list[Run]:
        """Runs that a colleague might take for the winner though their figures are doubtful, the retracted left out."""
        return [r for r in self.runs if r.harmonic and not r.whole and not r.retracted] + [*self.second.values()]

    def winner(
        self, metric: str, worst: bool, fits: Callable[[Run], bool] = lambda run: True, lasting: bool = False
    ) -> Run | None:
        """The one run that everybody would name, or None. lasting: it has a command of its own."""
        value, sign = METRICS[metric], -1 if worst else 1
        good = [r for r in self.runs if r.whole and fits(r)]
        if not good:
            return None
        chosen = max(good, key=lambda r: sign * value(r))
        if any(sign * value(r) >= sign * value(chosen) for r in self.odds() if fits(r)):
            return None
        # a run without a command of its own may be overlooked by whoever filters by command
        return None if lasting and chosen.number in self.alike else chosen

    def ask_superlatives(self) -> None:
        """Best and worst, of all and under a condition; and the better of two values."""
        for question, metric, worst in [
            ("gimme the best hm", "hm", False),
            ("whats the top one by harmonic mean", "hm", False),
            ("which run is worst, by hm", "hm", True),
            ("max unseen accuracy at the end?", "unseen", False),
            ("novel acc - my record after the final session", "unseen", False),
            ("lowest final unseen acc", "unseen", True),
            ("seen acc last session, highest value", "seen", False),
            ("poorest overall acc after all sessions, which run was it", "acc", True),
        ]:
            chosen = self.winner(metric, worst)
            if chosen is not None:
                self.add(
                    "superlative",
                    question,
                    must=[[number(METRICS[metric](chosen))]],
                    sections=[self.places(chosen)],
                    allowed=self.extra(),
                )
        filters: list[tuple[str, str, bool, dict[str, str]]] = [
            ("top hm with the transformer", "hm", False, {"sequential_layer": "Transformer"}),
            ("noise AND gru, best hm?", "hm", False, {"sequential_layer": "GRU", "noise_prob": "0.8"}),
            ("cka runs: highest harmonic mean", "hm", False, {"matrix_loss_metric": "cka"}),
            ("best novel acc w/ batch_size_base 256", "unseen", False, {"batch_size_base": "256"}),
            ("worst hm at lr_base 0.02", "hm", True, {"lr_base": "0.02"}),
            ("lpc_loss 2, what hm was the best of these", "hm", False, {"loss_lpc": "2"}),
            ("highest hm of the runs where i had no noise", "hm", False, {"noise_prob": "0.0"}),
            ("res_cls_loss 0.2 best unseen", "unseen", False, {"loss_res_cls": "0.2"}),
            (
                "best hm with transformer and no noise",
                "hm",
                False,
                {"sequential_layer": "Transformer", "noise_prob": "0.0"},
            ),
            ("200 epochs and noise: top hm", "hm", False, {"epochs_base": "200", "noise_prob": "0.8"}),
        ]
        for question, metric, worst, wanted in filters:
            fits = having(wanted)
            if "epochs_base" in wanted and any(r.slip and fits(r) for r in self.runs):
                continue
            chosen = self.winner(metric, worst, fits, lasting=True)
            if chosen is not None:
                self.add(
                    "filtered",
                    question,
                    must=[[number(METRICS[metric](chosen))]],
                    sections=[self.places(chosen)],
                    allowed=self.extra(),
                )
        for question, option, values, metric in [
            ("gru vs transformer, which got the better best hm", "sequential_layer", ("GRU", "Transformer"), "hm"),
            ("attention or cka, who has the higher top hm", "matrix_loss_metric", ("attention", "cka"), "hm"),
            ("lr 0.001 vs 0.02 best novel acc?", "lr_base", ("0.001", "0.02"), "unseen"),
            ("batch 128 or 256, where is the best hm higher", "batch_size_base", ("128", "256"), "hm"),
        ]:
            best = [self.winner(metric, False, having({option: value}), lasting=True) for value in values]
            if best[0] is not None and best[1] is not None:
                chosen = max((r for r in best if r is not None), key=METRICS[metric])
                self.add(
                    "better value",
                    question,
                    must=[[number(METRICS[metric](chosen))]],
                    sections=[self.places(chosen)],
                    allowed=self.extra(),
                )

    def ask_counts(self) -> None:
        """How many runs had something; whether any had."""
        asked: list[tuple[str, dict[str, str]]] = [
            ("how many gru runs do i have", {"sequential_layer": "GRU"}),
            ("how often noise AND gru together", {"noise_prob": "0.8", "sequential_layer": "GRU"}),
            ("count of trainings w/ batch_size_base 256", {"batch_size_base": "256"}),
            ("in how many runs was lr_base 0.001", {"lr_base": "0.001"}),
            ("nr of runs with cka", {"matrix_loss_metric": "cka"}),
            ("how many times i used res_cls_loss 0.2", {"loss_res_cls": "0.2"}),
            ("how many transformer runs without noise", {"sequential_layer": "Transformer", "noise_prob": "0.0"}),
            ("loss_lpc 2 and attention, how many runs", {"loss_lpc": "2", "matrix_loss_metric": "attention"}),
        ]
        for question, wanted in asked:
            found = [r for r in self.runs if having(wanted)(r)]
            if found and all(r.ended == "finished" and r.number not in self.alike | {*self.second} for r in found):
                self.add("count", question, lead=[counted(len(found))])
        questions: list[tuple[str, dict[str, str]]] = [
            ("ran anything with gru and noise?", {"noise_prob": "0.8", "sequential_layer": "GRU"}),
            ("did i ever use attention as matrix loss metric", {"matrix_loss_metric": "attention"}),
            ("have i tried lr_base 0.02 already", {"lr_base": "0.02"}),
            (
                "was there some run with cka + transformer",
                {"matrix_loss_metric": "cka", "sequential_layer": "Transformer"},
            ),
        ]
        for question, wanted in questions:
            found = [r for r in self.runs if having(wanted)(r) and r.whole]
            if found:
                shown = [f for r in found for f in (number(r.harmonic[-1]), *day_forms(r.day))]
                self.add("yes/no", question, must=[["Yes", "yes", *shown]], allowed=self.extra())

    def ask_order(self) -> None:
        """First, last, the latest three."""
        last = self.runs[-1]
        alone = self.runs[-2].day < last.day and last.whole and not {last.number} & odd_of(self)
        forms = [number(last.harmonic[-1]), number(last.accuracy[-1])]
        if alone:
            for question in ("newest run - how did it do", "latest training, result?"):
                self.add("last", question, must=[forms], sections=[self.places(last)])
        three = self.runs[-3:]
        if all(r.ended == "finished" and r.number not in self.alike for r in three) and (
            self.runs[-4].day < three[0].day and max(self.days_of(self.runs[-4])) < three[0].day
        ):
            self.add_interval("my 3 latest runs", three, "last")
        first = self.runs[0]
        self.add(
            "first",
            "the very first run in the log?",
            must=[[number(first.harmonic[-1]), number(first.accuracy[-1]), *day_forms(first.day)]],
            sections=[self.places(first)],
            allowed=self.extra(),
        )
        for question, wanted, newest in [
            ("when was gru used for the first time", {"sequential_layer": "GRU"}, False),
            ("cka, since when do i use it", {"matrix_loss_metric": "cka"}, False),
            ("last time i took batch_size_base 256?", {"batch_size_base": "256"}, True),
            ("most recent run with noise", {"noise_prob": "0.8"}, True),
        ]:
            found = [r for r in self.runs if having(wanted)(r)]
            if not found:
                continue
            run = found[-1 if newest else 0]
            if len(self.days_of(run)) == 1 and run.number not in self.alike and run.ended == "finished":
                forms = [*day_forms(run.day), number(run.harmonic[-1])]
                self.add(
                    "last" if newest else "first",
                    question,
                    must=[forms],
                    sections=[self.places(run)],
                    allowed=self.extra(),
                )

    def ask_runs(self) -> None:
        """Figures and options of one run; two side by side."""
        draw = self.draw
        odd = odd_of(self)
        named = [r for r in self.runs if r.whole and not r.slip and self.alone(r) and r.number not in odd]
        draw.shuffle(named)
        figures: list[tuple[str, Callable[[Run], float]]] = [
            ("{} hm?", METRICS["hm"]),
            ("what novel acc had the run of {} in the end", METRICS["unseen"]),
            ("seen acc last session {}", METRICS["seen"]),
            ("base session acc on {} was how much", lambda r: r.accuracy[0]),
            ("hm in the 1st incremental session, run of {}", lambda r: r.harmonic[0]),
            ("overall accuracy after the final session, {}", METRICS["acc"]),
        ]
        for run, (question, gold) in zip(named, figures, strict=False):
            self.add(
                "figure",
                question.format(self.spoken(run.day)),
                must=[[number(gold(run))]],
                sections=[self.places(run)],
                allowed=["Experiments#Experiments"],
            )
        recent = [r for r in named if self.today - 24 * DAY <= r.day < self.today and r.day.day != self.today.day]
        if recent:
            run = draw.choice(recent)
            self.add(
                "figure",
                f"whats the hm from the {ordinal(run.day)}",
                must=[[number(run.harmonic[-1])]],
                sections=[self.places(run)],
                allowed=["Experiments#Experiments"],
            )
        for run_number in self.under:
            run = self.runs[run_number]
            self.add(
                "figure",
                f"hm of the {run.day.day} {run.day:%B} run".lower(),
                must=[[number(run.harmonic[-1])]],
                sections=[self.places(run)],
            )
        for run_number, better in self.second.items():
            run = self.runs[run_number]
            if self.alone(run):
                when = self.spoken(run.day)
                for question, chosen in (
                    (f"final hm, {when}", run),
                    (f"{when} hm with the best fifth session", better),
                ):
                    self.add("figure", question, must=[[number(chosen.harmonic[-1])]], sections=[self.places(run)])
        draw.shuffle(named)
        options = [
            ("{} lr?", "lr_base"),
            ("nr of base epochs {}", "epochs_base"),
            ("wat was the batch size on {}", "batch_size_base"),
            ("which matrix metric had the run from {}", "matrix_loss_metric"),
            ("weight decay {}", "decay"),
            ("which schedule on {}", "schedule"),
            ("gimme noise_prob of {}", "noise_prob"),
            ("num_features_pri {}?", "num_features_pri"),
        ]
        for run, (question, option) in zip(named, options, strict=False):
            self.add(
                "option",
                question.format(self.spoken(run.day)),
                must=[[run.config[option]]],
                sections=[self.places(run)],
            )
        for run_number, target in self.like.items():
            run, former = self.runs[run_number], self.runs[target]
            option = "lr_base" if run.config["lr_base"] == former.config["lr_base"] else "temperature"
            self.add(
                "option",
                f"which {option} had the run on {self.spoken(run.day)}",
                must=[[run.config[option]]],
                sections=[self.places(run) + self.places(former)],
                allowed=self.places(run) + self.places(former),
            )
        draw.shuffle(named)
        pairs = list(zip(named[::2], named[1::2], strict=False))
        for question, (a, b) in zip(["{} against {} side by side", "put {} next to {}"], pairs, strict=False):
            self.add(
                "compare",
                question.format(self.spoken(a.day), self.spoken(b.day)),
                must=[[number(a.harmonic[-1])], [number(b.harmonic[-1])]],
                sections=[self.places(a), self.places(b)],
                allowed=["Experiments#Experiments"],
            )
        clear = [
            (a, b)
            for a, b in pairs[2:]
            if len({METRICS[m](a) > METRICS[m](b) for m in ("hm", "unseen", "seen", "acc")}) == 1
        ]
        for a, b in clear[:2]:
            better = max(a, b, key=METRICS["hm"])
            self.add(
                "compare",
                f"{self.spoken(a.day)} or {self.spoken(b.day)}, who has the better hm",
                must=[[number(better.harmonic[-1])]],
                sections=[self.places(better)],
                allowed=[*self.places(a), *self.places(b), "Experiments#Experiments"],
            )

    def ask_effects(self) -> None:
        """What one option did, where exactly one pair of sound runs differs in it alone."""
        good = [r for r in self.runs if r.whole and not r.slip and r.number not in self.second]
        phrases = {
            "noise_prob": ["noise yes or no, what did it bring", "is it better with noise"],
            "loss_lpc": ["whats lpc_loss good for in numbers", "did loss_lpc 2 improve something"],
            "batch_size_base": ["bigger batch - better or worse"],
            "loss_res_cls": ["influence of the residual classification loss", "does res_cls_loss help at all"],
            "epochs_base": ["is 200 epochs worth it compared to 100"],
        }
        for option, questions in phrases.items():
            pairs = [
                (a, b)
                for n, a in enumerate(good)
                for b in good[n + 1 :]
                if {k for k in OPTIONS if a.config[k] != b.config[k]} == {option}
            ]
            # with twins of one of the two, people would pick another pair
            if len(pairs) != 1 or any(r.config == s.config for r in pairs[0] for s in self.runs if s is not r):
                continue
            a, b = pairs[0]
            gap = number(abs(a.harmonic[-1] - b.harmonic[-1]))
            both = [[number(a.harmonic[-1]), gap], [number(b.harmonic[-1]), gap]]
            for question in questions:
                self.add("effect", question, must=both, sections=[self.places(a), self.places(b)], allowed=self.extra())

    def ask_as_of(self) -> None:
        """What was known on an earlier day."""
        first, second = self.decided
        asked = {"best": 0, "last": 0}
        for early in self.draw.sample([self.start + n * DAY for n in range(20, 62)], 42):
            day = early.isoformat()
            known = [r for r in self.runs if max(self.days_of(r)) <= early]
            if any(min(self.days_of(r)) <= early < max(self.days_of(r)) for r in self.runs):
                continue
            others = [r for r in known if r.harmonic and not r.whole]
            others += [s for s in self.second.values() if s.day <= early]
            best = max((r for r in known if r.whole), key=METRICS["hm"])
            if asked["best"] < 2 and all(r.harmonic[-1] < best.harmonic[-1] for r in others):
                asked["best"] += 1
                self.add(
                    "as of",
                    "best hm until now?",
                    today=day,
                    as_of=day,
                    must=[[number(best.harmonic[-1])]],
                    sections=[self.places(best)],
                    allowed=self.extra(),
                )
            last = known[-1]
            if asked["last"] < 2 and last.whole and self.alone(last) and last.number not in odd_of(self):
                asked["last"] += 1
                self.add(
                    "as of",
                    "newest run, which result",
                    today=day,
                    as_of=day,
                    must=[[number(last.harmonic[-1]), number(last.accuracy[-1])]],
                    sections=[self.places(last)],
                )
        between = (first + (second - first) // 2).isoformat()
        self.add(
            "as of",
            "which number should be the main one in the paper",
            today=between,
            as_of=between,
            must=[["mean over all sessions", "over all sessions"]],
            never=["appendix"],
            sections=[[f"paper_plan#{self.heading('paper_plan', first)}"]],
        )

    def ask_prose(self) -> None:
        """Ideas, reasons, decisions, in other words than they were written."""
        for story, day in self.stood:
            places = [f"{story.note}#{self.heading(story.note, day)}"]
            if story.sub:
                places.append(f"{story.note}#{story.sub}-{day:%Y/%m/%d}")
            for question, forms in self.draw.sample(story.asked, 2):
                self.add("prose", question, must=[forms], sections=[places])
        latter = f"paper_plan#{self.heading('paper_plan', self.decided[1])}"
        former = f"paper_plan#{self.heading('paper_plan', self.decided[0])}"
        for question in self.draw.sample(
            [
                "which number is the headline in the paper now",
                "main number for the paper - what did i decide in the end",
                "do i still report the average of the sessions as main number",
            ],
            2,
        ):
            self.add(
                "prose",
                question,
                must=[["last session", "appendix", "take back", "took back"]],
                sections=[[latter]],
                allowed=[former],
            )
        story, day = self.draw.choice([s for s in self.stood if s[0].note != "Scratch"])
        self.add(
            "prose",
            f"whats in {story.note} from {self.spoken(day)}",
            must=[story.asked[0][1] + story.asked[1][1] + story.asked[2][1]],
            sections=[[f"{story.note}#{self.heading(story.note, day)}", f"{story.note}#{story.sub}-{day:%Y/%m/%d}"]]
            if story.sub
            else [[f"{story.note}#{self.heading(story.note, day)}"]],
        )

    def ask_tasks(self) -> None:
        """Open, ongoing, put off, done, failed; and the result of one."""
        states: dict[str, list[str]] = {}
        for text, (state, _, _) in self.tasks.items():
            states.setdefault(state, []).append(text)
        for question, state in [
            ("whats left on my todo list that i havent started", " "),
            ("todos not done yet", " "),
            ("in the middle of which tasks am i", "-"),
            ("what did i put off", ">"),
            ("stuff i deferred", ">"),
        ]:
            self.add(
                "tasks",
                question,
                must=[[t] for t in states[state]],
                never=[*states["x"], STRUCK],
            )
        for text in states["x"][:2]:
            self.add(
                "tasks",
                f"finished already: {text.lower()}?",
                lead=[["Yes", "yes", "done", "inished", "Done"]],
                never=NOT_DONE,
            )
        for text in states[" "][:1]:
            self.add(
                "tasks", f"{text.lower()} - done?", lead=[["No,", "No.", "No:", "No ", "not ", "Not ", "open", "Open"]]
            )
        self.add("tasks", f"how did it go with '{FAILED[0].lower()}'", must=[["complex numbers"]])
        if self.task_result is not None:
            self.add(
                "tasks",
                "which hm came out of the setting jonas proposed",
                must=[[number(self.task_result.harmonic[-1])]],
            )

    def ask_doubts(self) -> None:
        """Retractions, copies, figures and words that do not fit."""
        later = next(r for r in self.runs if r.retracted and r.number not in self.own)
        own = self.runs[next(iter(self.own))]
        marks = {later.number: ["support set"], own.number: ["wrong code"]}
        forms = {
            r.number: [*marks[r.number], number(r.harmonic[-1]), *day_forms(r.result_day or r.day)]
            for r in (later, own)
        }
        places = [[self.retraction, *self.places(later)], self.places(own)]
        for question in ("which numbers r not usable", "any results i shouldnt trust? why"):
            self.add(
                "doubt", question, must=[forms[later.number], forms[own.number]], sections=places, allowed=self.extra()
            )
        for run, place in zip((later, own), places, strict=True):
            if self.alone(run):
                self.add(
                    "doubt", f"can i use the hm from {self.spoken(run.day)}", must=[marks[run.number]], sections=[place]
                )
        for copy in (r for r in self.runs if r.copy_of is not None):
            first = self.runs[copy.copy_of or 0]
            named = [number(copy.harmonic[-1])]
            for run in (copy, first):
                named += day_forms(run.result_day or run.day)
            self.add("doubt", "did i paste the same numbers twice somewhere", must=[named])
        for run in (r for r in self.runs if r.slip and self.alone(r)):
            self.add(
                "doubt",
                f"does the command of {self.spoken(run.day)} fit to its description",
                must=[[run.config["epochs_base"]], ["30"]],
                sections=[self.places(run)],
            )
        for run in (r for r in self.runs if r.wrong_mean):
            forms_ = [number(run.harmonic[-1]), *day_forms(run.result_day or run.day)]
            self.add(
                "doubt",
                "is there a harmonic mean that cant be right, from seen and unseen",
                must=[forms_],
                allowed=self.extra(),
            )


def having(wanted: dict[str, str]) -> Callable[[Run], bool]:
    """Whether a run's command has all these values."""
    return lambda run: all(run.config[option] == value for option, value in wanted.items())


def odd_of(notebook: OtherNotebook) -> set[int]:
    """Numbers of the runs of unusual layout, about which simple questions are not asked."""
    return {*notebook.own, *notebook.second, *notebook.like, *notebook.under, *notebook.paired}


def ordinal(day: datetime.date) -> str:
    """A day of the month as it is said: 14th."""
    ending = "th" if 10 < day.day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    return f"{day.day}{ending}"
