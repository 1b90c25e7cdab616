"""A blind journal: three months of a speech researcher's notes, with questions and gold answers.

The asker is mostly the researcher himself, who fills the tables of his paper from his notebook, and a labmate who
writes English as a second language. Stories, options, days and figures are drawn by seed.
"""

from __future__ import annotations

import argparse
import datetime
import json
import random
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from generate import Question

Day = datetime.date


# ---------------------------------------------------------------------------------------------------------------------
# Stories: what is thought, tried and mended besides the runs. "<x>" is a slot.


@dataclass
class Ask:
    """A question about a story: the steps that hold the gold, wordings, and what the answer has to hold."""

    kind: str
    steps: tuple[int, ...]
    words: list[str]
    must: list[list[str]]
    lead: list[list[str]] = field(default_factory=list)
    never: list[str] = field(default_factory=list)


@dataclass
class Gap:
    """A near miss: the story is in the notes, the asked detail is not. absent: words that then stand nowhere in it."""

    words: list[str]
    absent: list[str]


@dataclass
class Story:
    """steps: (note, sub-heading or "", lines), some days apart; note "@" is the story's own topic note."""

    name: str
    slots: dict[str, list[str]]
    steps: list[tuple[str, str, list[str]]]
    asks: list[Ask]
    gaps: list[Gap]


# fmt: off
STORIES = [
    Story("whisper_gate", {"p": ["pYIN", "RAPT", "SWIPE"], "t": ["0.3", "0.25", "0.4"], "w": ["up", "off", "six"]},
        [("Scratch", "",
        ["- <p> finds no pitch in the whispered clips. So the pitch branch only adds garbage there."]), ("@", "Idea",
        ["- Gate the pitch branch with a voicing score instead of droping it.",
        "- When the voicing score is under <t>, the branch gives zeros and only the mel branch speaks."]), ("@", "",
        ["- The gate works for most words, ==only \"<w>\" got worse with the gate==."])], [Ask("why", (0,),
        ["why did I think the pitch branch is useless for whispered speech?",
        "Why pitch branch is adding only garbage when somebody whisper?"], [["no pitch in the whispered clips"]]),
        Ask("how", (1,), ["how does the voicing gate on the pitch branch work",
        "At which voicing score the pitch branch is shut?"], [["<t>"]]), Ask("how", (2,),
        ["which keyword got worse with the pitch gate?", "did the voicing gate hurt some word? which one?"],
        [["\"<w>\""]])], [Gap(["how many whispered clips do we have?", "How many clips with whisper was collected?"],
        ["number of", "clips in total"]), Gap(["how many parameters does the voicing gate add?"], ["parameter"])]),
    Story("hop_alignment", {"a": ["160", "128"], "b": ["400", "512"], "n": ["101", "98"]}, [("@", "Code",
        ["- Formant frames and mel frames were shifted against each other by one frame.",
        "- Reason was the centre padding: mel pads <b> samples on the left, the lpc code pads nothing."]), ("@",
        "Fix", ["- Fixed by padding the lpc input with <b> zeros before framing. Hop is <a> for both now.",
        "> [!success] Both give <n> frames"])], [Ask("debug", (0,),
        ["what made the formant frames and the mel frames disagree?",
        "formant and mel frames were shifted by one, what was the reason again?"], [["centre padding",
        "center padding"]]), Ask("debug", (1,), ["how did I fix the one-frame shift between lpc and mel?",
        "The shift of the frames, how it was repaired?"], [["<b> zeros"]])],
        [Gap(["who found the frame shift between formants and mel?"], ["found by", "told me", "noticed"]),
        Gap(["how much accuracy did the frame shift fix bring?", "accuracy before and after the frame shift fix?"],
        ["accuracy", "acc"])]),
    Story("prototype_drift", {"d": ["0.12", "0.19", "0.08"], "s": ["third", "second", "fourth"]}, [("Scratch", "",
        ["- Base prototypes are computed once, but the encoder is frozen, so why do they drift?"]), ("@", "",
        ["- Drift of the base prototypes is <d> in cosine distance after the <s> session.",
        "- Not the encoder. BatchNorm was left in train mode, so its running mean moved in every session."]), ("@",
        "Fix", ["- `model.eval()` before the prototypes are averaged. Drift is exactly zero now."])], [Ask("debug",
        (1,), ["why did the base prototypes drift although the encoder is frozen?", "prototype drift - root cause?"],
        [["batchnorm"]]), Ask("debug", (2,), ["what was the fix for the drifting prototypes?",
        "How did you stop the moving of prototypes?"], [["model.eval()"]]), Ask("how", (1,),
        ["how big was the prototype drift?", "for the appendix: size of the prototype drift in cosine distance"],
        [["<d>"]])], [Gap(["on which gpu did I measure the prototype drift?"], ["gpu"])]),
    Story("table_layout", {"m": ["mean of the last three sessions", "average over all sessions",
        "last session and the drop"], "c": ["four", "five"]}, [("Scratch", "",
        ["- Main table of the paper: <c> columns, and as the headline number the <m>.",
        "- Reason: reviewers of the last paper complained that base accuracy hides the forgetting."]), ("@", "",
        ["- Bold is the best, underline is the second best. Numbers with **two** decimals in the paper."])],
        [Ask("how", (0,), ["what did I choose as headline number of the main table?",
        "which number is the headline in our main table?"], [["<m>"]]), Ask("why", (0,),
        ["why didn't I take base accuracy as the headline of the table?",
        "Why not base accuracy for headline number?"], [["hides the forgetting"]]), Ask("how", (1,),
        ["how many decimals go into the paper's tables?", "decimals in the paper tables - two or three??"],
        [["two"]])], [Gap(["what caption did I write for the main table?", "The caption of main table, what is it?"],
        ["caption"])]),
    Story("four_forward", {"a": ["four", "three", "bed"], "b": ["forward", "tree", "bird"], "n": ["43", "57", "38"]},
        [("Scratch", "", ["- Confusion matrix again: <n> of the test clips of \"<a>\" are called \"<b>\"."]), ("@",
        "Idea", ["- Only the end of the two words differs, so average pooling washes the difference out.",
        "- Idea: pool the last third of the frames separately and glue it to the mean vector."]), ("@", "",
        ["- Tail pooling repairs the pair but breaks short words. Next: make the tail length follow the energy."])],
        [Ask("how", (0,), ["how many \"<a>\" clips are taken for \"<b>\"?",
        "\"<a>\" called \"<b>\": how many test clips?"], [["<n>"]]), Ask("idea", (1,),
        ["what was my idea against mixing up \"<a>\" and \"<b>\"?",
        "What idea did you have for the \"<a>\" / \"<b>\" confusion?"], [["last third of the frames"]]), Ask("next",
        (2,), ["what is next for the tail pooling?", "tail pooling: what should be done next"],
        [["follow the energy"]])], [Gap(["which speaker says most of the confused \"<a>\" clips?"], ["speaker"])]),
    Story("loader_seed", {"w": ["8", "12", "6"], "s": ["777", "2024", "31"]}, [("@", "Code",
        ["- Two runs with the same seed differ by almost one point. Not acceptable for the table.",
        "- Found it: every one of the <w> dataloader workers starts with the same numpy seed."]), ("@", "Fix",
        ["- Wrote a `worker_init_fn` that adds the worker id to the seed. Base seed is <s> from now on."])],
        [Ask("debug", (0,), ["why weren't my runs reproducible with the same seed?",
        "Same seed but result is different, what was the cause of this problem?"], [["same numpy seed"]]),
        Ask("debug", (1,), ["how was the dataloader seed problem solved?", "fix for the worker seeds?"],
        [["worker_init_fn"]]), Ask("how", (1,), ["which base seed do I use since the worker fix?",
        "what base seed is it from now on"], [["<s>"]])],
        [Gap(["which torch version had the dataloader seed problem?"], ["torch", "version"])]),
    Story("advisor_meeting", {"p": ["Prof. Han", "Prof. Lindqvist", "Prof. Okafor"], "v": ["Interspeech", "ICASSP",
        "ASRU"], "k": ["ablation on the shots", "test with real room noise", "comparison with a frozen wav2vec"]},
        [("@", "", ["- <p> doubts that formants matter, and wants to see this: <k>." ,
        "- We aim for <v>. Page limit is four plus references."]), ("@", "",
        ["- Second meeting. The residual plot was liked, but the story in the introduction is too long."])],
        [Ask("how", (0,), ["which conference do we aim for?", "where will we submit the paper? the conference"],
        [["<v>"]]), Ask("how", (0,), ["what did <p> ask for in the first meeting?",
        "What the professor (<p>) wants from me?"], [["<k>"]])], [Gap(["who else sat in the meeting with <p>?"],
        ["joined", "also there", "sat"]), Gap(["in which room was the meeting with <p>?"], ["in room", "office"])]),
    Story("disk_quota", {"g": ["410", "365", "520"], "d": ["spectrogram cache", "old checkpoints",
        "noise mixtures"]}, [("Scratch", "",
        ["- 09:40:12 : Job died in the night, `OSError: [Errno 122]`. It's the quota, not the code."]), ("@", "",
        ["- The <d> took <g> GB. Moved all of it to the scratch disk and left a symlink."])], [Ask("debug", (1,),
        ["what had eaten the disk quota?", "Which files made the quota full?"], [["<d>"]]), Ask("debug", (0,),
        ["what killed the job with Errno 122?", "OSError Errno 122 in the night job.. what was it"], [["quota"]]),
        Ask("how", (1,), ["where did I move the files that had filled the quota?",
        "the <g> GB - where are they now?"], [["scratch disk"]])], [Gap(["how large is my quota on the server?",
        "What is the limit of our quota?"], ["limit", "quota is"])]),
    Story("emphasis_filter", {"c": ["0.97", "0.95"], "e": ["12", "14", "16"], "o": ["second formant",
        "third formant"]}, [("@", "Idea",
        ["- Without pre-emphasis the <o> is nearly never found, because the low end eats all the poles."]), ("@",
        "Code", ["- Pre-emphasis <c>, then lpc order <e>. Put it before the window, not after!"]), ("Scratch", "",
        ["- Tried to leave pre-emphasis away for the noisy clips. No, formants get lost without it."])],
        [Ask("why", (0,), ["why do I need pre-emphasis at all?",
        "For what reason pre-emphasis is necessary?"], [["eats all the poles"]]), Ask("how", (1,),
        ["pre-emphasis coefficient and lpc order we use?",
        "What are the lpc order and the pre-emphasis value in the code?"], [["<c>"], ["<e>"]])],
        [Gap(["which window function comes after the pre-emphasis?"], ["hann", "hamming", "blackman"])]),
    Story("distance_choice", {"a": ["cosine", "Mahalanobis"], "b": ["squared euclidean", "CKA"],
        "r": ["twice as slow", "four times slower", "ten times slower"]}, [("Scratch", "",
        ["- Which distance for the prototypes? I guess <b> is enough, will go with it for now."]), ("@", "",
        ["- I was wrong about <b>. With one shot its scale depends on the loudness of the clip.",
        "- From today: <a> distance for everything, also in old scripts."])], [Ask("contradiction", (1,),
        ["which distance do I use for the prototypes now?",
        "For prototype the distance is which one finally? I see two different in the notes"], [["<a>"]]), Ask("why",
        (1,), ["why did I give up <b> as prototype distance?", "what speaks against <b> for the prototypes"],
        [["loudness of the clip"]])], [Gap(["which paper made me switch to <a> distance?"], ["et al", "paper"])]),
    Story("silence_class", {"n": ["2300", "1800", "4100"], "x": ["dishes", "running tap", "white noise"]}, [("@", "",
        ["- Silence class is cut out of the background files, <n> clips, always without \"<x>\"."]), ("@", "Fix",
        ["- Silence was drawn from the same file in train and test!! The 99 percent were too good.",
        "> [!warning] Silence accuracy before today is not valid", "- Now the files are parted before cutting."])],
        [Ask("how", (0,), ["how many silence clips did I cut?", "size of the silence class"], [["<n>"]]),
        Ask("retracted", (1,), ["can I trust the 99 percent on the silence class?",
        "The old silence accuracy of 99 percent, is it okay to use in paper?"], [["same file in train and test",
        "not valid", "too good"]])], [Gap(["how long in seconds is a silence clip?"], ["second", "sec "])]),
    Story("rebuttal_plan", {"r": ["R2", "R1", "R3"], "q": ["missing comparison with TEEN",
        "unclear use of the base statistics", "only one dataset"], "d": ["Multilingual Spoken Words",
        "a Korean command set"]}, [("@", "", ["> [!question] <r>", "> <q>", "",
        "- Fair. Answer honestly, and promise one more table."]), ("@", "Tomorrow",
        ["- For the rebuttal the next thing is to run <d> with the same protocol, five way five shot."])],
        [Ask("how", (0,), ["what did reviewer <r> criticise?", "what is the complaint of <r>?"], [["<q>"]]),
        Ask("next", (1,), ["next step for the rebuttal?", "What should I do next for the rebuttal"], [["<d>"]])],
        [Gap(["what score did <r> give us?", "The score by <r> was how much?"], ["score", "accept", "reject"])]),
    Story("residual_branch", {"o": ["24", "20", "32"], "k": ["fricatives", "plosives", "nasals"]}, [("@", "Idea",
        ["- If the classifier isn't sure, let it look at the residual embedding: <k> live there.",
        "- Sure means that the best logit is 1.5 above the second one."]), ("@", "",
        ["- lpc order up to <o>, else too much of the voice stays in the residual."])], [Ask("idea", (0,),
        ["what was the idea behind looking at the residual embedding?",
        "When classifier is not sure, what was the plan with residual?"], [["<k>"]]), Ask("why", (1,),
        ["why did I raise the lpc order for the residual branch?", "why lpc order <o> for the residual?"],
        [["voice stays in the residual"]]), Ask("how", (0,),
        ["when does a prediction count as sure (residual idea)?",
        "how is \"sure\" defined for the residual fallback?"], [["1.5"]])],
        [Gap(["how often does the residual fallback fire on the test set?"], ["percent of", "of the time"])]),
    Story("nan_logits", {"l": ["`log` of the residual energy", "`sqrt` of the gain", "division by the frame energy"],
        "e": ["1e-6", "1e-5", "1e-8"]}, [("Scratch", "",
        ["- NaN in the logits after two epochs. Learning rate is innocent, tried half of it."]), ("@", "Fix",
        ["- NaN comes from the <l>: clips with digital zeros.", "- Added <e> under it. No NaN for 40 epochs."])],
        [Ask("debug", (1,), ["where did the NaN in the logits come from?",
        "I also have NaN in logits. What was reason in your case?"], [["digital zeros"]]), Ask("debug", (1,),
        ["what epsilon cured the NaN logits?", "how did I get rid of the nan in the logits"], [["<e>"]])],
        [Gap(["which clips contain the digital zeros, the file names?"], [".wav", "_nohash_"])]),
    Story("espeak_pretrain", {"v": ["eleven", "seven", "nineteen"], "p": ["the vowels are too clean",
        "all voices share one prosody"]}, [("@", "Idea",
        ["- Pretrain with synthetic keywords from espeak, <v> voices, so that new words cost nothing."]), ("@", "",
        ["- Doesn't help. I think the reason is that <p>.",
        "- ~~Synthetic pretraining~~ is dropped for the paper."])], [Ask("idea", (0,),
        ["what did I want from the synthetic espeak keywords?", "idea of espeak pretraining?"],
        [["new words cost nothing"]]), Ask("contradiction", (1,),
        ["is the synthetic pretraining still part of the paper?",
        "Do we keep the espeak pretraining in the paper or not?"], [["dropped for the paper"]]), Ask("why", (1,),
        ["why didn't espeak pretraining help?", "espeak data no gain.. why?"], [["<p>"]])],
        [Gap(["how many hours of espeak speech did I make?"], ["hour"])]),
    Story("session_order", {"a": ["alphabetical", "frequency-sorted"], "n": ["five", "three", "ten"]}, [("Scratch", "",
        ["- Order of the new classes is <a> at the moment. A reviewer will call that cherry picking."]), ("@", "",
        ["- Draw <n> random class orders, report mean and std. The std goes into the table in brackets."])],
        [Ask("how", (1,), ["how many class orders do we average over?",
        "number of random class orders for the table?"], [["<n>"]]), Ask("why", (0,),
        ["why can't I keep the <a> class order?", "What is problem with <a> order of classes?"],
        [["cherry picking"]])], [Gap(["what std came out over the random class orders?"], ["std is", "std of",
        "std was"])]),
    Story("mem_leak", {"g": ["3.2", "1.7", "2.4"], "f": ["`losses` list", "`history` dict", "`emb_bank` list"]},
        [("@", "Code", ["- GPU memory grows by <g> GB an epoch until it dies.",
        "- The <f> kept the graph, because I append the tensor and not its value."]), ("@", "Fix",
        ["- `.detach().cpu()` when appending. Flat since then."])], [Ask("debug", (0,),
        ["why did gpu memory grow every epoch?", "The memory of GPU was growing, what is the reason?"],
        [["kept the graph"]]), Ask("debug", (1,), ["remedy for the growing gpu memory?",
        "how did I stop the memory leak"], [["detach()"]]), Ask("how", (0,),
        ["by how much did gpu memory grow per epoch?", "memory leak: GB per epoch?"], [["<g>"]])],
        [Gap(["at which epoch did the memory leak kill the job?"], ["at epoch", "in epoch", "epoch 1", "epoch 2"])]),
    Story("vad_trim", {"d": ["25", "30", "20"], "w": ["stop", "happy", "cat"]}, [("@", "Idea",
        ["- Trim the clips with an energy VAD at -<d> dB so that the formants of silence don't count."]), ("@", "",
        ["- Bad surprise: the VAD cuts the last consonant of \"<w>\".",
        "- Keep 80 ms after the last voiced frame. Good enough."])], [Ask("debug", (1,),
        ["what went wrong with the VAD trimming?", "The VAD trimming was bad for what?"], [["last consonant"]]),
        Ask("how", (1,), ["which word suffered from the VAD?", "the VAD cuts which keyword?"], [["\"<w>\""]]),
        Ask("how", (1,), ["how much do I keep after the last voiced frame?",
        "How long is the rest after last voiced frame we keep?"], [["80 ms", "80ms"]]), Ask("idea", (0,),
        ["why did I want to trim clips with a VAD?", "what's the point of VAD trimming"],
        [["formants of silence"]])], [Gap(["which VAD library did I use?", "VAD is from which package?"], ["webrtc",
        "silero", "librosa", "package", "library"])]),
    Story("ctc_thought", {"m": ["soft-DTW", "CTC", "a monotonic attention"], "t": ["nine", "six", "fourteen"]},
        [("Scratch", "",
        ["- People speak at different speed, so matching frame by frame is unfair. Maybe <m> for the alignment."]),
        ("@", "", ["- <m> costs <t> times the training time. Not worth it before the deadline.",
        "- [>] Come back to it for the journal version."])], [Ask("why", (0,), ["why did I bring up <m>?",
        "Why <m> was considered?"], [["different speed"]]), Ask("contradiction", (1,), ["will <m> be in this paper?",
        "did I decide for or against <m> before the deadline?"], [["not worth it"]]), Ask("how", (1,),
        ["how expensive is <m> in training time?", "training cost of <m>"], [["<t> times"]])],
        [Gap(["what accuracy did <m> reach?", "How was the accuracy by <m>?"], ["accuracy", "percent"])]),
    Story("baseline_repro", {"b": ["TEEN", "FACT", "CEC"], "d": ["1.3", "2.1", "0.9"],
        "r": ["their base classes are other ones", "they use a wider encoder", "they keep the test noise off"]},
        [("@", "", ["- <b> with their own code is <d> points under the number in their paper."]), ("@", "",
        ["- Wrote to the authors. Answer: <r>.",
        "> [!important] In our table <b> is marked with a dagger (reproduced by us)."])], [Ask("how", (0,),
        ["how far is my <b> from the published number?", "<b> reproduction gap in points?"], [["<d>"]]), Ask("why",
        (1,), ["why don't I get the published number of <b>?", "What said the authors of <b> about difference?"],
        [["<r>"]]), Ask("how", (1,), ["how do we mark <b> in our table?", "what sign has <b> in the table & why"],
        [["dagger"]])], [Gap(["who of the <b> authors answered me?"], ["first author", "dr.", "mr."])]),
    Story("label_noise", {"n": ["212", "148", "305"], "w": ["tree", "learn", "visual"]}, [("@", "",
        ["- Listened to the worst clips. <n> are cut off or simply the wrong word, most of them \"<w>\"."]),
        ("Scratch", "",
        ["- Do I remove the bad clips from the test set? No, else nobody can compare with us."])],
        [Ask("how", (0,), ["how many bad clips did I find by listening?",
        "number of wrong or cut clips?"], [["<n>"]]), Ask("why", (1,), ["why do the bad clips stay in the test set?",
        "Why we don't clean the test set?"], [["nobody can compare"]])],
        [Gap(["where is the list of the bad clips stored?", "file with the bad clips list?"], [".txt", ".csv",
        "saved", "list"])]),
    Story("lr_schedule", {"s": ["Cosine", "Step"], "o": ["Plateau", "OneCycle"], "e": ["60", "45", "70"]}, [("@", "",
        ["- Schedule `<o>` jumps at the end, the prototypes are taken right after the jump."]),
        ("@", "", ["- Switched to `<s>`. Prototypes are stable from epoch <e> on."])], [Ask("why",
        (0,), ["why did I leave the <o> schedule?", "What is bad in <o> schedule?"], [["jumps at the end"]]),
        Ask("how", (1,), ["from which epoch on are the prototypes stable under <s>?",
        "<s> schedule: stable since which epoch"], [["<e>"]])],
        [Gap(["how many warmup epochs has the <s> schedule?"], ["warmup", "warm-up"])]),
    Story("attention_map", {"h": ["second", "first", "fourth"], "p": ["the onset", "the silence",
        "the final vowel"]}, [("@", "", ["- Plotted the attention. The <h> head looks only at <p>, in every class.",
        "![[attention_heads.png]]"]), ("@", "Idea",
        ["- Mask the <h> head in the incremental sessions and see if anybody misses it."])], [Ask("how", (0,),
        ["what does the <h> attention head look at?", "The <h> head of attention sees what?"], [["<p>"]]),
        Ask("next", (1,), ["what did I want to try next with the <h> head?", "next try for the attention heads?"],
        [["mask the <h> head"]])], [Gap(["which layer did I plot the attention of?"], ["layer"])]),
    Story("noise_mix", {"a": ["0 to 15", "5 to 20", "-5 to 10"], "n": ["MUSAN", "DEMAND", "QUT"],
        "r": ["RMS of the whole clip", "RMS of the speech frames only"]}, [("@", "Code",
        ["- Noise from <n>, SNR drawn from <a> dB, mixed on the fly."]), ("@", "Fix",
        ["- SNR was wrong: it took the peak. Now the <r>.",
        "> [!caution] noisy test sets made before today have a too high SNR"])], [Ask("how", (0,),
        ["which noise corpus do I mix in and at what SNR?", "noise corpus + SNR range, for the setup section"],
        [["<n>"], ["<a>"]]), Ask("debug", (1,), ["what was wrong with the SNR computation?",
        "SNR bug: what did it take wrongly?"], [["the peak"]]), Ask("retracted", (1,),
        ["are the old noisy test sets still okay?", "Can I use the noisy test sets from before the SNR fix?"],
        [["too high snr"]])], [Gap(["how many noise files does <n> have in my copy?"], ["noise files",
        "number of"])]),
    Story("checkpoint_mixup", {"a": ["best_base.pth", "base_last.pth"], "b": ["epoch_77.pth", "epoch_12.pth"]},
        [("Scratch", "", ["- Session numbers jump like crazy since I moved the folders."]), ("@", "",
        ["- `model_dir` pointed to `<b>` and not to `<a>`. Stupid.",
        "- Check the printed base accuracy before every incremental run!"])], [Ask("debug", (1,),
        ["which checkpoint did `model_dir` wrongly point to?",
        "session numbers were jumping after I moved folders: what was it?"], [["<b>"]]), Ask("how", (1,),
        ["what should I check before each incremental run?", "What must be checked before start incremental?"],
        [["printed base accuracy"]])], [Gap(["what session numbers came out with `<b>`?",
        "Base accuracy with <b>, how much?"], ["percent", "accuracy is"])]),
    Story("labmate_mina", {"m": ["Mina", "Tomasz", "Yuki"], "t": ["speaker embedding", "diffusion vocoder",
        "dialect corpus"], "g": ["gpu 1", "gpu 0"]}, [("@", "",
        ["- <m> needs <g> from Thursday for the <t>. I stay on the other one."]), ("@", "",
        ["- <m> says that our prototypes have two clusters: women and men apart. Should remove the pitch mean."])],
        [Ask("how", (0,), ["which gpu did <m> ask for?", "Which GPU <m> will take?"], [["<g>"]]), Ask("why", (0,),
        ["what does <m> need the gpu for?", "For what <m> is using the gpu?"], [["<t>"]]), Ask("idea", (1,),
        ["what did <m> see in our prototypes?", "The comment from <m> about prototypes?"],
        [["women and men apart"]])], [Gap(["until when does <m> need the gpu?", "When will <m> give back the gpu?"],
        ["until", "till"])]),
    Story("quant_edge", {"b": ["int8", "int4"], "k": ["94", "127", "68"], "d": ["0.4", "0.7", "1.1"]}, [("@", "",
        ["- Quantised the encoder to <b>: <k> kB, and it costs <d> points of base accuracy."]), ("@", "Idea",
        ["- Prototypes must stay in float, else two new classes fall onto the same point."])], [Ask("how", (0,),
        ["size of the quantised encoder and the loss in accuracy?", "How big is <b> encoder and how much we lose?"],
        [["<k>"], ["<d>"]]), Ask("why", (1,), ["why keep the prototypes in float?",
        "Why prototypes are not quantised?"], [["same point"]])],
        [Gap(["what latency does the quantised encoder have on the board?"], ["latency", " ms", "millisecond"])]),
]

# Never written in any seed: (wordings, words that then stand nowhere in the vault).
ABSENT: list[tuple[list[str], list[str]]] = [
    (["what did I write about Gumbel softmax?", "gumbel softmax - any notes?"], ["gumbel"]),
    (["which part of AudioSet did I use?", "Did we ever use AudioSet? which part?"], ["audioset"]),
    (["what came out of the federated learning test?", "Result of federated learning please"], ["federated"]),
    (["how well did HuBERT features do?", "hubert features, what last session accuracy"], ["hubert"]),
    (["how did the reptile meta-learning run end?", "the Reptile run - how it finished?"], ["reptile"]),
    (["when is the camera ready deadline?", "camera-ready: which date?"], ["camera ready", "camera-ready"]),
    (["what did the user study find?", "user study results for section 5?"], ["user study", "participants"]),
    (["how much power did the server draw?", "How many watt the server is using?"], ["watt", "power draw"]),
    (["what did I decide about the license of the code?", "under which license do we publish?"], ["license",
        "licence"]),
    (["what was the outcome of the spiking network idea?", "did the spiking nets work out?"], ["spiking"]),
    (["what was the reason that I bought the second microphone?", "why a second microphone?"], ["microphone"]),
    (["how does the beamforming front end work?", "beamforming: how did I set it up"], ["beamform"]),
    (["which optimizer won, Lion or AdamW?", "Lion vs AdamW, who is better?"], ["lion ", "adamw"]),
    (["What was the word error rate on LibriSpeech?", "WER on LibriSpeech?"], ["librispeech", "word error"]),
    (["what did I learn from the Japanese test set?", "japanese test set result"], ["japanese"]),
]

FILLERS: list[tuple[str, list[str]]] = [
    ("Prototypes that stay - few-shot audio", ["- Their trick is a second, slow encoder.",
        "- Table 3 is without error bars."]),
    ("Rethinking calibration for class-incremental audio",
        ["- Calibrates new prototypes with base statistics. Near to `comp`."]),
    ("Formants as slow features", ["- Old but good. Figure 2 explains the poles better than the book."]),
    ("Keyword spotting on a coin cell", ["- 30 kB model. Only twelve words though."]),
    ("Vector and matrix embeddings, a survey",
        ["- Long. Section 4 is about gram matrices, order of frames is lost."]),
    ("glossary", ["- FSCIL : few-shot class-incremental learning", "- lpc : linear prediction",
        "- PD : performance drop"]),
    ("shell_tricks", ["- `tmux attach -t gsc` after the connection broke.", "- `nvidia-smi -l 5`"]),
    ("figure_colours", ["- Blue is ours, grey is the baseline. Red only for failures."]),
    ("reading_list", ["- Kernel alignment thing", "- the long one with the compositional stuff"]),
    ("obsidian_setup", ["- Leader o t for today. Links with full path off."]),
    ("lab_seminar", ["- Slides in English, 15 minutes, no equations on the first page."]),
    ("latex_notes", ["- `booktabs`, no vertical lines.", "- brackets for std are \\tiny"]),
    ("linear_algebra", ["- Gram matrix is blind for the order of the vectors."]),
    ("wordlist_gsc", ["- 35 words, 20 in the base, 3 new ones a session. %%check the split again%%"]),
    ("python_bits", ["- `functools.partial` for the collate function."]),
    ("Few shots, many sessions", ["- They never show the base session. Suspicious."]),
    ("travel", ["- Ticket is bought. Poster tube at the desk."]),
    ("bcresnet_notes", ["- Sub spectral norm after the first block.", "- Frames are set in `bcresnet.py`."]),
    ("coffee_talks", ["- Someone said that phonemes are the real classes. Hm."]),
    ("old_ideas", ["- Curriculum from long to short words. Never tried."]),
]
# fmt: on


# ---------------------------------------------------------------------------------------------------------------------
# Runs: families of one option each, in Server.md and Experiments.md.


@dataclass
class Family:
    """Runs that differ in one option. noun: what they are called; call: how one of them is called in everyday words."""

    opt: str
    values: list[str]
    noun: str
    desc: str
    call: str
    files: list[str]
    follow: str


# fmt: off
FAMILIES = [
    Family("mixup_alpha", ["0.2", "0.4", "1.5"], "mixup", "Mixup in the base session", "mixup alpha {v}",
        ["augment.py"], "mix only clips of the same speaker"),
    Family("gru_layers", ["1", "2", "3"], "GRU", "GRU on top of the encoder", "GRU with {v} layer(s)",
        ["seq_module.py"], "make the GRU bidirectional"),
    Family("loss_lpc", ["0.1", "0.5", "2"], "LPC loss", "With the LPC loss", "LPC loss weight {v}", ["losses.py",
        "lpc_head.py"], "switch the loss off after epoch 50"),
    Family("smooth_eps", ["0.05", "0.1", "0.25"], "label smoothing", "Label smoothing", "label smoothing of {v}",
        ["losses.py"], "smooth only the confusable pairs"),
    Family("shift_ms", ["50", "100", "200"], "time shift", "Random time shift of the clip", "time shift of {v} ms",
        ["augment.py"], "shift the noise and not the speech"),
    Family("pitch_dim", ["8", "16", "48"], "pitch embedding", "Pitch embedding glued to the mel one",
        "pitch embedding with {v} dims", ["prosody.py"], "normalise the pitch by speaker"),
    Family("cos_margin", ["0.15", "0.3", "0.45"], "cosine margin", "Cosine margin in the classifier",
        "cosine margin of {v}", ["heads.py"], "shrink the margin in every session"),
    Family("kd_weight", ["0.6", "1.2", "5"], "distillation", "Distillation from the base encoder",
        "distillation weight {v}", ["distil.py"], "distil the frames instead of the mean"),
    Family("proto_momentum", ["0.55", "0.9", "0.99"], "prototype momentum", "Moving average of the prototypes",
        "prototype momentum of {v}", ["proto_bank.py"], "reset the average at each session"),
    Family("mask_width", ["4", "10", "22"], "SpecAugment", "SpecAugment with wider masks",
        "SpecAugment mask width {v}", ["augment.py"], "mask the formant tracks too"),
    Family("emb_dim", ["64", "192", "256"], "embedding size", "Other size of the embedding", "embedding size {v}",
        ["bcresnet.py"], "project the big embedding down with PCA"),
    Family("freeze_epoch", ["10", "35", "80"], "freezing", "Classifier is frozen early",
        "classifier frozen at epoch {v}", ["trainer.py"], "unfreeze it for the last five epochs"),
    Family("tukey_beta", ["0.35", "0.7", "0.85"], "Tukey", "Tukey transform before averaging", "Tukey beta {v}",
        ["proto_bank.py"], "use one beta for each class"),
    Family("n_harmonics", ["6", "12", "18"], "harmonics", "Harmonics as extra input channels",
        "{v} harmonics as channels", ["prosody.py"], "leave the even harmonics out"),
]

REASONS = {
    "the test noise was switched off": "test noise",
    "labels of the second session were shifted by one": "shifted by one",
    "prototypes were computed from test clips": "test clips",
    "the evaluation loaded an older checkpoint": "older checkpoint",
}

TASKS: dict[str, list[str]] = {
    "Paper": [
        "write the related work section", "redraw figure 2", "shorten the abstract", "check the citation style",
        "proofread the introduction", "make the ablation table", "write the limitations paragraph",
        "convert the plots to pdf", "answer the co-author's comments",
    ],
    "Code": [
        "clean up the config parser", "add a unit test for the sampler", "remove the dead logits2 branch",
        "log the harmonic mean to tensorboard", "rename the checkpoint folders",
            "write a script for the confusion matrix",
        "speed up the feature cache", "merge the noise branch",
    ],
    "Lab": [
        "order new headphones", "prepare the seminar slides", "book the listening room", "return the borrowed laptop",
        "fill in the travel form", "grade the signal processing homework", "update the lab wiki page",
    ],
    "Study": [
        "read the neural collapse paper", "repeat the chapter on linear prediction",
            "watch the lecture on metric learning",
        "learn how vmap works", "solve the exercises on cepstra", "read about optimal transport",
        "summarise the prompt tuning survey",
    ],
    "Others": [
        "renew the library card", "fix the office chair", "call the insurance", "send the photo to the secretary",
        "buy a birthday cake for the lab", "cancel the old phone contract", "water the plants",
    ],
}

CAPS = {
    "how": 10, "why": 7, "debug": 7, "idea": 4, "next": 5, "near-miss": 14, "absent": 7, "interval": 8, "best": 5,
    "worst": 3, "figure": 6, "compare": 3, "effect": 3, "retracted": 4, "tasks-done": 3, "tasks-state": 3, "as-of": 4,
    "as-of-none": 2, "count": 3, "option": 3,
}  # fmt: skip
# fmt: on


NUMBER_WORDS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
]  # fmt: skip
WRONG_TITLES = ["Experiemnts", "Sever", "transformer_modul", "Thoughts2"]


@dataclass
class Run:
    """One run as logged. state: done, running, stopped, nan. fault: "", scratch, verdict, rerun, copy."""

    fam: Family
    value: str
    start: Day
    end: Day
    config: dict[str, str]
    acc: list[float]
    seen: list[float]
    unseen: list[float]
    harm: list[float]
    state: str = "done"
    fault: str = ""
    reason: str = ""
    slip: str = ""
    swapped: bool = False  # The text swaps learning rate and decay.
    dual: bool = False
    again: Run | None = None  # The rerun, or the record with the corrected numbers.
    rerun: bool = False
    server: str = ""
    place: str = ""
    told: str = ""  # Where it is taken back or corrected.
    told_on: Day | None = None

    @property
    def tag(self) -> str:
        return f"`{self.fam.opt}` {self.value}"

    @property
    def desc(self) -> str:
        return ("Rerun with the fixed code, " if self.rerun else f"{self.fam.desc}, ") + f"{self.tag}."

    @property
    def clean(self) -> bool:
        return self.state == "done" and not (self.fault or self.rerun or self.slip)

    def forms(self) -> list[str]:
        """How an answer may name the run."""
        o, v = self.fam.opt, self.value
        return [
            f"{o}` {v}",
            f"{o} {v}",
            f"{o}={v}",
            f"{o} = {v}",
            f"{o}: {v}",
            f"{o}` = {v}",
            f"{o}` | {v}",
            f"{o} of {v}",
        ]

    def call(self) -> str:
        name = self.fam.call.format(v=self.value)
        return name.replace("layer(s)", "layer" if self.value == "1" else "layers")

    def places(self) -> list[str]:
        return [p for p in (self.server, self.place, self.told) if p]


def figure(value: float) -> str:
    """Three decimals, trailing zeros dropped."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def array(values: list[float]) -> str:
    return "[" + ", ".join(figure(v) for v in values) + "]"


def slug(text: str) -> str:
    return re.sub(r"\W+", "_", text.lower()).strip("_")


def day_forms(day: Day) -> list[str]:
    """All usual spellings of a day."""
    m, d = day.strftime("%B"), day.day
    suffix = "th" if 10 < d < 14 else {1: "st", 2: "nd", 3: "rd"}.get(d % 10, "th")
    short = [
        f"{m} {d}",
        f"{m[:3]} {d}",
        f"{d} {m}",
        f"{d} {m[:3]}",
        f"{m} {d:02d}",
        f"{m[:3]} {d:02d}",
        f"{d}{suffix} of {m}",
    ]
    return [day.isoformat(), f"{day:%Y/%m/%d}", f"{day:%Y%m%d}", *short]


# ---------------------------------------------------------------------------------------------------------------------
# The vault


class Note:
    """A note with day sections; a day keeps one heading, in the style of its time."""

    def __init__(self, name: str, rng: random.Random, first: Day, days: int) -> None:
        self.name = name
        turn = sorted(rng.sample(range(days), 2))
        self.turns = [first + datetime.timedelta(t) for t in turn]
        self.blank = rng.random() < 0.4
        self.days: dict[Day, list[tuple[str, str, list[str]]]] = {}
        self.preamble: list[str] = []

    def head(self, day: Day) -> str:
        if day < self.turns[0]:
            return day.isoformat()
        return f"{day:%Y/%m/%d}" if day < self.turns[1] else f"{day:%Y%m%d}"

    def add(self, day: Day, lines: list[str], sub: str = "", level: str = "###") -> str:
        """Writes lines under the day (and sub-heading) and returns the place."""
        blocks = self.days.setdefault(day, [])
        title = f"{sub}-{self.head(day)}" if sub else ""
        for _, known, block in blocks:
            if known == title:
                block += lines
                break
        else:
            blocks.append((level, title, list(lines)))
        return f"{self.name}#{title or self.head(day)}"

    def text(self) -> str:
        out = ["---", f"id: {self.name}", "aliases: []", "tags: []", "---", "", *self.preamble]
        for day in sorted(self.days):
            out += ["", f"## {self.head(day)}" + (" " if self.blank and day.day % 3 == 0 else "")]
            for level, title, lines in sorted(self.days[day], key=lambda block: bool(block[1])):
                out += ([f"{level} {title}"] if title else []) + lines
        return "\n".join(out).rstrip() + "\n"


class Journal:
    """Writes the notes and collects the questions."""

    def __init__(self, seed: int, notes: int) -> None:
        self.rng = random.Random(f"chronicle-{seed}")
        self.seed, self.wanted = seed, notes
        rng = self.rng
        self.first = Day(2025, rng.choice([2, 3, 4, 5, 6]), rng.randint(6, 12))
        self.length = rng.randint(68, 82)
        self.last = self.first + datetime.timedelta(self.length - 1)
        while self.last.weekday() > 4:
            self.last -= datetime.timedelta(1)
        self.today = self.last + datetime.timedelta(1)
        self.notes: dict[str, Note] = {}
        self.runs: list[Run] = []
        self.entries: list[tuple[Day, list[Run]]] = []
        self.questions: list[Question] = []
        self.checks: dict[str, tuple[str, str]] = {}
        off = rng.randint(25, self.length - 25)
        self.trip = [self.first + datetime.timedelta(off + i) for i in range(rng.randint(6, 8))]
        span = [self.first + datetime.timedelta(i) for i in range((self.last - self.first).days + 1)]
        self.work = [d for d in span if d not in self.trip and (d.weekday() < 5 or rng.random() < 0.15)]
        self.todo: dict[str, list[dict[str, object]]] = {}

    # -- notes

    def note(self, name: str) -> Note:
        if name not in self.notes:
            self.notes[name] = Note(name, self.rng, self.first, self.length)
        return self.notes[name]

    def link(self, name: str, day: Day) -> str:
        """A link to a day, in about one case of seven a broken one."""
        if self.rng.random() < 0.14:
            wrong = self.rng.choice(WRONG_TITLES)
            return f"[[{wrong}#{self.note(name).head(day)}]]"
        if self.rng.random() < 0.03:
            return f"[[{name}#^kw-{self.rng.randrange(4096, 65536):04x}]]"
        form = self.rng.choice([name, name, name.lower(), f"{name}.md"])
        return f"[[{form}#{self.note(name).head(day)}]]"

    def near(self, index: int) -> Day:
        return self.work[max(0, min(len(self.work) - 1, index))]

    # -- questions

    def ask(
        self,
        kind: str,
        words: list[str],
        must: list[list[str]] | None = None,
        *,
        lead: list[list[str]] | None = None,
        never: list[str] | None = None,
        sections: list[list[str]] | None = None,
        allowed: list[str] | None = None,
        as_of: Day | None = None,
        answered: bool = True,
        check: tuple[str, str] = ("", ""),
    ) -> None:
        name = f"chronicle-{self.seed}-{len(self.questions):03d}"
        question = Question(name, kind, self.typed(self.rng.choice(words)), self.today.isoformat(), answered)
        if answered:
            question.must, question.lead, question.never = must or [], lead or [], never or []
            question.sections = sections or []
            question.allowed = list(dict.fromkeys(allowed or []))
        if as_of:
            question.as_of = as_of.isoformat()
        self.questions.append(question)
        self.checks[name] = check

    def typed(self, text: str) -> str:
        """As it is typed: now and then polite, hurried, or without the question mark."""
        drawn = self.rng.random()
        if drawn < 0.05:
            return f"{self.rng.choice(['Sorry, quick one:', 'Hi,', 'Please tell me,'])} {text}"
        if drawn < 0.1:
            return f"{text} {self.rng.choice(['thanks!', 'Thank you.', 'I forgot.', '(need it for the draft)'])}"
        return text.rstrip("?") if drawn < 0.22 and text.count("?") == 1 else text

    # -- stories

    def write_stories(self) -> None:
        rng = self.rng
        chosen = rng.sample(STORIES, 21)
        for story in chosen:
            slots = {key: rng.choice(values) for key, values in story.slots.items()}

            def fill(text: str, slots: dict[str, str] = slots) -> str:
                return re.sub(r"<(\w)>", lambda m: slots.get(m[1], m[0]), text)

            start = rng.randint(0, len(self.work) - 14)
            places: list[str] = []
            body = ""
            for number, (where, sub, lines) in enumerate(story.steps):
                day = self.near(start + number * rng.randint(2, 5))
                note = self.note(story.name if where == "@" else where)
                lines = [fill(line) for line in lines]
                if where == "Scratch" and any(w == "@" for w, _, _ in story.steps[number + 1 :]) and rng.random() < 0.5:
                    lines.append(f"- More in [[{story.name}]].")
                    self.note(story.name)
                if sub and rng.random() < 0.3:
                    lines = ["---", *lines, "---"]
                if sub == "Code" and rng.random() < 0.6:
                    lines += self.snippet(story.name)
                places.append(note.add(day, lines, sub, rng.choice(["###", "####"])))
                body += flat("\n".join(lines))
            for item in story.asks if len(story.asks) < 3 else rng.sample(story.asks, 2 + (rng.random() < 0.4)):
                self.ask(
                    item.kind,
                    [fill(w) for w in item.words],
                    [
                        [fill(form).replace("`", "") if "`" in form else fill(form) for form in group]
                        for group in item.must
                    ],
                    lead=[[fill(form) for form in group] for group in item.lead],
                    never=[fill(text) for text in item.never],
                    sections=[[places[i]] for i in item.steps],
                    allowed=places,
                )
            gap = rng.choice(story.gaps)
            self.ask(
                "near-miss",
                [fill(w) for w in gap.words],
                answered=False,
                check=("gap", "|".join([story.name, *gap.absent])),
            )

    def snippet(self, name: str) -> list[str]:
        """Code whose closing fence is at times glued to its last line."""
        call = f"x = self.{slug(name)}(x)  # shape stays"
        if self.rng.random() < 0.5:
            return ["```python", "def forward(self, x):", f"    {call}", "    return self.norm(x)```"]
        return ["```python", f"{call}", "```"]

    # -- runs

    def draw_arrays(self, used: set[str]) -> tuple[list[float], list[float], list[float], list[float]]:
        rng = self.rng
        while True:
            acc = [round(rng.uniform(94.5, 97.6), 3)]
            for _ in range(5):
                acc.append(round(acc[-1] - rng.uniform(1.1, 3.9), 3))
            seen = [round(rng.uniform(95.8, 96.9), 3)]
            unseen = [round(rng.uniform(66, 78), 3)]
            for _ in range(4):
                seen.append(round(seen[-1] - rng.uniform(0.2, 1.2), 3))
                unseen.append(round(unseen[-1] - rng.uniform(1.5, 6), 3))
            harm = [round(2 * s * u / (s + u), 3) for s, u in zip(seen, unseen, strict=True)]
            figures = {figure(v) for v in acc + seen + unseen + harm}
            if len(figures) == 21 and not figures & used:
                used |= figures
                return acc, seen, unseen, harm

    def plan_runs(self) -> None:
        rng = self.rng
        families = rng.sample(FAMILIES, 11)
        used: set[str] = set()
        spare = len(self.work) - 12
        starts = [int(i * spare / 10) for i in range(11)]
        for number, fam in enumerate(families):
            config = {
                "project": rng.choice(["trans", "comp", "base"]),
                "dataset": "gsc2",
                "lr_base": rng.choice(["0.005", "0.01", "0.002"]),
                "decay": rng.choice(["0.0005", "0.0001"]),
                "epochs_base": rng.choice(["100", "120", "90"]),
                "batch_size_base": rng.choice(["128", "96"]),
                "gpu": rng.choice(["0", "1"]),
                "noise_prob": "0.8" if number % 2 else "0.0",
            }
            at = starts[number] + rng.randint(0, 2)
            values = list(fam.values)
            if rng.random() < 0.5:
                rng.shuffle(values)
            for value in values:
                start = self.near(at)
                end = self.end_of(start)
                self.runs.append(Run(fam, value, start, end, dict(config, **{fam.opt: value}), *self.draw_arrays(used)))
                at += rng.randint(1, 3)
        mine = {fam.opt: [r for r in self.runs if r.fam is fam] for fam in families}
        order = [f.opt for f in families]
        # The first three families carry what was taken back, the next ones the slips; the rest is clean.
        reasons = rng.sample(sorted(REASONS), 3)
        self.faulty = [order[i] for i in (0, 2, 4)]
        for opt, fault, reason in zip(self.faulty, ["verdict", "scratch", "rerun"], reasons, strict=True):
            run = max(mine[opt], key=lambda r: r.acc[-1])
            run.fault, run.reason = fault, reason
            if fault == "rerun":
                start = self.near(self.work.index(run.start) + rng.randint(7, 10))
                again = Run(
                    run.fam, run.value, start, self.end_of(start), dict(run.config), *self.draw_arrays(used), rerun=True
                )
                run.again = again
                self.runs.append(again)
        copied = sorted(mine[order[1]], key=lambda r: r.start)[1]
        copied.fault = "copy"
        for opt in (order[3], order[5]):
            run = rng.choice(mine[opt])
            run.slip = rng.choice([e for e in ("30", "50", "150") if e != run.config["epochs_base"]])
        rng.choice(mine[order[9]]).swapped = True
        for run in mine[order[6]][:2]:
            run.dual = True
            run.start, run.end = mine[order[6]][0].start, mine[order[6]][0].end
        rng.choice(mine[order[7]]).state = "nan"
        rng.choice(mine[order[8]]).state = "stopped"
        late = sorted(mine[order[10]], key=lambda r: r.start)[1:]
        for run, back in zip(late, (2, 1), strict=True):
            run.state, run.start = "running", self.work[-back]
            run.end = run.start
        self.runs.sort(key=lambda r: (r.start, r.fam.opt, r.value))
        self.mine = {opt: [r for r in self.runs if r.fam.opt == opt] for opt in order}
        self.order = order

    def end_of(self, start: Day) -> Day:
        """The same day or, after a night, the next one."""
        after = start + datetime.timedelta(1)
        return after if after not in self.trip and after <= self.last and self.rng.random() < 0.45 else start

    def write_runs(self) -> None:
        rng = self.rng
        server, results = self.note("Server"), self.note("Experiments")
        done: set[int] = set()
        before: Run | None = None
        for run in self.runs:
            month = self.note(f"{run.start:%B}")
            task = "[-]" if run.state == "running" else "[x]"
            if id(run) not in done:
                batch = [r for r in self.mine[run.fam.opt] if r.dual] if run.dual else [run]
                place = server.add(run.start, self.entry(batch))
                for item in batch:
                    item.server = place
                    done.add(id(item))
                self.entries.append((run.start, batch))
            if rng.random() < 0.6 and not run.rerun and not run.dual:
                lines = [f"- {task} Run {run.fam.noun} {run.value}", f"  > Server : {self.link('Server', run.start)}"]
                if run.state == "done":
                    lines.append(f"  > Result : {self.link('Experiments', run.end)}")
                month.add(run.start, lines, "Experiments")
            if run.state != "running":
                late = (run.end - self.first).days > 45
                sub = "Experiments" if late and rng.random() < 0.3 else ""
                run.place = results.add(run.end, self.record(run, before), sub)
            if run.state == "done":
                before = run
        going = next(r for r in self.runs if r.state == "running")
        interim = [f"> Interim, {going.tag} after three sessions.", array(going.acc[:3]), "- Not finished yet.", ""]
        going.place = results.add(going.start, interim)
        spot = rng.choice([r for r in self.runs if r.clean and not r.dual])
        server.add(spot.start, ["- [x] Driver update, the server was down for lunch.", "---"])
        for run in self.runs:
            if run.fault in ("scratch", "copy"):
                at = next(i for i, d in enumerate(self.work) if d >= run.end)
                run.told_on = self.near(at + rng.randint(5, 9))
            if run.fault == "scratch":
                link = self.link("Experiments", run.end)
                line = f"- The result with {run.tag} ({link}) is wrong: {run.reason}. ==Don't use it.=="
                run.told = self.note("Scratch").add(run.told_on or run.end, [line])
            if run.fault == "copy":
                lines = [
                    f"> Corrected numbers of {run.tag}. What I pasted before belongs to another run.",
                    *self.arrays(run),
                    "",
                ]
                run.told = results.add(run.told_on or run.end, lines)

    def entry(self, batch: list[Run]) -> list[str]:
        rng, run = self.rng, batch[0]
        text = run.desc
        if len(batch) == 2:
            text = f"{run.fam.desc}, {run.tag} and then {batch[1].value}."
        if run.slip:
            text = text[:-1] + f", {run.slip} epochs."
        if run.swapped:
            text = text[:-1] + f", lr {run.config['decay']}, decay {run.config['lr_base']}."
        tail = {"running": "[-]", "stopped": "[x]"}.get(run.state, "[x]")
        lines = [f"- {tail} {text}"]
        if rng.random() < 0.5:
            lines += (["  > [!note]"] if rng.random() < 0.5 else []) + [
                f"  > Code : {self.link(self.code_note(run.fam), run.start)}"
            ]
        late = (run.start - self.first).days > 25
        lines += ["", "```sh gsc2.sh" if late else "```sh full config"]
        for number, item in enumerate(batch):
            lines += [""] if number else []
            options = [f"  -{name} {value}" for name, value in item.config.items()]
            body = [f"python train.py {item.config['project']}", *options]
            ends = [" \\" if late or rng.random() < 0.8 else "\\" for _ in body]
            ends[-1] = "" if late else " \\"
            lines += [part + end for part, end in zip(body, ends, strict=True)]
        lines.append("```")
        if run.state == "stopped":
            lines += ["> [!warning]  Stopped.", "> Loss went up again, no result."]
        elif run.state == "nan":
            lines += [rng.choice(["> [!fail] NaN occurs.", "[!fail]  NaN occurs."])]
        elif run.state == "done" and rng.random() < 0.8:
            lines += ["> [!note] Result", f"> {self.link('Experiments', run.end)}"]
        return [*lines, "---"]

    def slipped(self, text: str) -> str:
        """At times with two letters of a word swapped; option and value stay."""
        words, comma, rest = text.partition(",")
        long = [w for w in words.split() if len(w) > 5 and w.isalpha()]
        if long and self.rng.random() < 0.2:
            word = self.rng.choice(long)
            at = self.rng.randint(2, len(word) - 3)
            words = words.replace(word, word[:at] + word[at + 1] + word[at] + word[at + 2 :])
        return words + comma + rest

    def code_note(self, fam: Family) -> str:
        return f"{slug(fam.noun)}_code"

    def arrays(self, run: Run) -> list[str]:
        seen, unseen = ["Seen acc:", array(run.seen)], ["Unseen acc:", array(run.unseen)]
        return [array(run.acc), *seen, *unseen, "Harmonic mean:", array(run.harm)]

    def record(self, run: Run, before: Run | None) -> list[str]:
        rng = self.rng
        if run.state == "stopped":
            return [f"> {run.desc}", "> Stopped.", ""]
        if run.state == "nan":
            return [f"> {run.desc}", "> [!error] NaN, no numbers.", ""]
        shown = run
        if run.fault == "copy" and before:
            shown = before
        lines: list[str] = []
        if run.fault in ("verdict", "rerun"):
            lines.append(f"> [!fail] This result is from wrong code, {run.reason}.")
        if (run.end - self.first).days < 20 and not run.fault:
            return [*lines, f"```txt {run.desc[:-1]}", *self.arrays(shown), "```", ""]
        older = [r for r in self.mine[run.fam.opt] if r.clean and not r.dual and r.end < run.end]
        if run.clean and not run.dual and older and rng.random() < 0.45:
            lines.append(f"> Same setting with [[#{self.note('Experiments').head(older[-1].end)}]], but {run.tag}.")
        else:
            lines.append(f"> {self.slipped(run.desc)}")
        if rng.random() < 0.2:
            config = f"> `lr_base` {run.config['lr_base']}, `noise_prob` {run.config['noise_prob']}"
            lines += ["> [!note]  Config", config]
        if rng.random() < 0.4:
            lines.append(f"> Detail : {self.link(self.code_note(run.fam), run.start)}")
        if rng.random() < 0.8:
            lines.append(f"> Server : {self.link('Server', run.start)}")
        lines += self.arrays(shown)
        if run.clean and rng.random() < 0.35:
            lines.append(
                rng.choice(["- Hm.", "- Look at the confusion matrix.", "- Sessions fall evenly.", "- As expected."])
            )
        return [*lines, ""]

    def write_code_notes(self) -> None:
        rng = self.rng
        for number, opt in enumerate(self.order):
            fam = self.mine[opt][0].fam
            day = min(r.start for r in self.mine[opt])
            file = rng.choice(fam.files)
            lines = [f"- Wrote the {fam.noun} part in `{file}`. Option is `{opt}`.", *self.snippet(fam.noun)]
            place = self.note(self.code_note(fam)).add(day, lines, rng.choice(["", "Code"]))
            if number % 3 == 0:
                words = [f"in which file did I write the {fam.noun} part?", f"The {fam.noun} code is in which file?"]
                self.ask("how", words, [[file]], lead=[[file]], sections=[[place]])
            if number in (1, 4, 6, 9):
                last = max(r.end for r in self.mine[opt])
                at = next(i for i, d in enumerate(self.work) if d >= last)
                where = self.note(rng.choice(["Scratch", self.code_note(fam)]))
                spot = where.add(self.near(at + 1), [f"- Next for {fam.noun}: {fam.follow}."])
                words = [
                    f"what's the next step for {fam.noun}?", f"{fam.noun} - what did I plan to try next",
                    f"About {fam.noun}, what we should do next?",
                ]  # fmt: skip
                self.ask("next", words, [[fam.follow]], sections=[[spot]])

    # -- to-do notes

    def write_tasks(self) -> None:
        rng = self.rng
        for category, pool in TASKS.items():
            phrases = rng.sample(pool, len(pool) - 1)
            ends = ["open", "ongoing", "deferred", "cancelled"] + ["done"] * len(phrases)
            if rng.random() < 0.5:
                ends.insert(0, "open")
            tasks: list[dict[str, object]] = []
            for phrase, end in zip(phrases, ends, strict=False):
                at = rng.randint(2, len(self.work) - 12)
                born = self.near(at)
                task: dict[str, object] = {"phrase": phrase, "end": end, "born": born, "closed": None}
                again = self.near(at + rng.randint(3, 9))
                if rng.random() < 0.4 and end == "done":
                    again = born
                marks = {"open": "[ ]", "ongoing": "[-]", "deferred": "[>]", "cancelled": "[ ]", "done": "[x]"}
                shown = f"~~{phrase}~~" if end == "cancelled" else phrase
                steps = [(born, "[ ]", phrase)] if again != born else []
                steps.append((again, marks[end], shown))
                if end == "done" and again != born and rng.random() < 0.3:
                    steps[0] = (born, "[-]", phrase)
                places = []
                for day, state, text in steps:
                    clock = f"{rng.randint(9, 18):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d} : "
                    mark = " [!success]" if state == "[x]" and rng.random() < 0.2 else ""
                    line = f"- {state} {clock if rng.random() < 0.2 else ''}{(text[0].upper() + text[1:])}{mark}"
                    places.append(self.note(f"{day:%B}").add(day, [line], category))
                task["closed"], task["places"] = again, places
                tasks.append(task)
            self.todo[category] = tasks

    def ask_tasks(self) -> None:
        rng = self.rng
        picked = rng.sample(sorted(TASKS), 5)
        for category in picked[:3]:
            left = [t for t in self.todo[category] if t["end"] in ("open", "ongoing")]
            every = [p for t in self.todo[category] for p in t["places"]]  # type: ignore[attr-defined]
            words = [
                f"what is still open under {category} in my to-do notes?", f"open {category} tasks?",
                f"Which tasks of category {category} are not finished yet?",
            ]  # fmt: skip
            groups = [list(t["places"]) for t in left]  # type: ignore[call-overload]
            self.ask("tasks-open", words, [[str(t["phrase"])] for t in left], sections=groups, allowed=every)
        yes = ["yes", "done", "finished", "[x]", "completed", "ticked"]
        for category in picked:
            done = [t for t in self.todo[category] if t["end"] == "done"]
            task = rng.choice(done)
            phrase = str(task["phrase"])
            places: list[str] = list(task["places"])  # type: ignore[call-overload]
            words = [f"did I ever {phrase}?", f'the task "{phrase}" - is it done?', f"Is it finished: {phrase}?"]
            never = ["not finished", "not done", "still open", "not yet"]
            self.ask("tasks-done", words, [[phrase]], lead=[yes], never=never, sections=[[places[-1]]], allowed=places)
        for category, end in (
            (picked[3], "open"),
            (picked[4], "deferred"),
            (picked[0], "cancelled"),
            (picked[1], "ongoing"),
        ):
            task = next(t for t in self.todo[category] if t["end"] == end)
            phrase = str(task["phrase"])
            places = list(task["places"])  # type: ignore[call-overload]
            state = {
                "open": ["open", "[ ]", "not done", "not yet", "not finished", "never", "no,", "no.", "no:", "n't"],
                "deferred": ["defer", "[>]", "postponed", "put off", "later", "no,", "no.", "not "],
                "cancelled": ["cancel", "struck", "dropped", "~~", "crossed"],
                "ongoing": ["ongoing", "[-]", "in progress", "still", "underway", "started", "not finished"],
            }[end]
            words = [
                f'what\'s the state of the task "{phrase}"?', f"status of: {phrase}",
                f'How about "{phrase}", is it done or not?',
            ]  # fmt: skip
            self.ask("tasks-state", words, [[phrase]], lead=[state], sections=[[places[-1]]], allowed=places)
        for category in TASKS:
            late = [t for t in self.todo[category] if t["end"] == "done" and len(t["places"]) == 2]  # type: ignore[arg-type]
            if late:
                task = late[0]
                born, closed = task["born"], task["closed"]
                assert isinstance(born, Day) and isinstance(closed, Day)
                day = closed - datetime.timedelta(1)
                phrase = str(task["phrase"])
                places = list(task["places"])  # type: ignore[call-overload]
                state = ["open", "[ ]", "not ", "ongoing", "[-]", "no,", "no.", "in progress", "n't", "no:"]
                words = [f'was the task "{phrase}" done at that time?', f'"{phrase}": already finished then?']
                self.ask(
                    "as-of", words, [[phrase]], lead=[state], sections=[[places[0]]], allowed=places[:1], as_of=day
                )
                break

    # -- questions about runs

    def say(self, day: Day) -> str:
        """A day as people type it."""
        forms = [
            f"{day:%B} {day.day}", f"{day.day} {day:%B}", day.isoformat(), f"{day:%b} {day.day}",
            f"the {day.day}. of {day:%B}",
        ]  # fmt: skip
        return self.rng.choice(forms)

    def inside(self, a: Day, b: Day) -> list[Run] | None:
        """The runs of the days from a to b, or None when a colleague could not tell for sure."""
        found = []
        for run in self.runs:
            if run.start > b or run.end < a:
                if run.told_on and run.fault == "copy" and a <= run.told_on <= b:
                    return None
                continue
            if run.start < a or run.end > b or run.dual:
                return None
            if run.told_on and run.fault == "copy" and a <= run.told_on <= b and run.told_on != run.end:
                return None
            found.append(run)
        return found

    def ask_intervals(self) -> None:
        rng, today = self.rng, self.today
        monday = today - datetime.timedelta(today.weekday())
        one = datetime.timedelta(1)
        spans: list[tuple[Day, Day, str]] = [
            (monday - 7 * one, monday - one, "last week"),
            (today - one, today - one, "yesterday"),
            (monday - 14 * one, monday - 8 * one, "the week before last"),
        ]
        if today.weekday():
            spans.append((monday, today, "this week"))
        month = self.first.replace(day=1)
        while month <= self.last:
            after = (month + 32 * one).replace(day=1)
            if month.year == today.year:
                spans.append((month, after - one, f"in {month:%B}"))
            month = after
        for n in (4, 6, 9, 12):
            a = today - n * one
            edge = [r for r in self.runs if r.start in (a - one, a) or r.end in (a - one, a)]
            if not edge:
                spans.append((a, today, f"in the last {n} days"))
        singles: list[tuple[Day, Day, str]] = []
        for run in self.runs:
            singles.append((run.start, run.start, f"on {self.say(run.start)}"))
            week = run.start - datetime.timedelta(run.start.weekday())
            if week + 6 * one < monday:
                singles.append((week, week + 6 * one, f"in the week of {week:%B} {week.day} (Monday to Sunday)"))
            b = run.start + rng.randint(2, 6) * one
            if b <= self.last:
                words = rng.choice(["between {a} and {b}", "from {a} to {b}", "from {a} until {b}"])
                singles.append((run.start, b, words.format(a=self.say(run.start), b=self.say(b))))
        rng.shuffle(singles)
        asked = 0
        lasting = False
        seen: list[tuple[Day, Day]] = []
        for a, b, words in spans + singles:
            found = self.inside(a, b)
            if not found or len(found) > 5 or (a, b) in seen or asked == 12:
                continue
            if words.startswith("in the last") and lasting:
                continue
            lasting = lasting or words.startswith("in the last")
            seen.append((a, b))
            asked += 1
            templates = [
                f"what did I run {words}?", f"which runs were on the server {words}?", f"runs {words}?",
                f"Which experiments you did {words}? I need it for the group report.",
                f"list the experiments {words}, please",
            ]  # fmt: skip
            named = ";".join(sorted(f"{r.fam.opt} {r.value}" for r in found))
            allowed = [p for r in found for p in r.places()]
            allowed += [f"{m}#Experiments-{self.note(m).head(r.start)}" for r in found for m in (f"{r.start:%B}",)]
            self.ask(
                "interval",
                templates,
                [r.forms() for r in found],
                sections=[[p for p in (r.server, r.place) if p] for r in found],
                allowed=allowed,
                check=("interval", f"{a}|{b}|{named}"),
            )

    def ask_none(self) -> None:
        rng = self.rng
        one = datetime.timedelta(1)
        busy = {d for r in self.runs for d in (r.start, r.end, r.told_on)}
        a, b = self.trip[0], self.trip[-1]
        free = [d for d in self.trip if d not in busy]
        day = rng.choice(free[1:-1])
        weekend = [
            d
            for d in (self.first + i * one for i in range(self.length))
            if d.weekday() == 5 and not {d, d + one} & busy and d not in self.trip
        ]
        spans = [(a, b, f"between {self.say(a)} and {self.say(b)}"), (day, day, f"on {self.say(day)}")]
        weekend = [d for d in weekend if self.first + 7 * one < d < self.today - 10 * one]
        if weekend:
            sat = rng.choice(weekend)
            spans.append((sat, sat + one, f"on the weekend of {sat:%B} {sat.day}/{(sat + one).day}"))
        for a, b, words in spans:
            if self.inside(a, b):
                continue
            templates = [f"what did I run {words}?", f"which experiments ran {words}?", f"runs {words}?"]
            self.ask("interval-none", templates, answered=False, check=("none", f"{a}|{b}"))

    METRICS = (
        ("acc", -1, "last session accuracy"),
        ("harm", -1, "harmonic mean in the last session"),
        ("unseen", -1, "unseen accuracy in the last session"),
        ("acc", 0, "base session accuracy"),
    )

    def ask_extremes(self) -> None:
        rng = self.rng
        valid = [r for r in self.runs if r.state == "done" and r.fault not in ("verdict", "scratch", "rerun")]
        kinds: list[tuple[str, str, list[Run]]] = []
        for opt in rng.sample([self.order[i] for i in (3, 5, 7, 9)], 3):
            kinds.append((opt, f"among the {self.mine[opt][0].fam.noun} runs", [r for r in valid if r.fam.opt == opt]))
        for opt in self.faulty[:2]:
            noun = self.mine[opt][0].fam.noun
            kinds.append(
                (
                    opt,
                    f"among the {noun} runs that are still valid (wrong ones left out)",
                    [r for r in valid if r.fam.opt == opt],
                )
            )
        noise = [r for r in valid if r.config["noise_prob"] == "0.8"]
        kinds.append(("noise_prob=0.8", "among the valid runs with noise_prob 0.8", noise))
        kinds.append(("", "over all runs that I did not take back", valid))
        for what, words, runs in kinds:
            for top in (True, False):
                if not top and (what in self.faulty or not what):
                    continue
                name, index, metric = rng.choice(self.METRICS)
                best = (max if top else min)(runs, key=lambda r: getattr(r, name)[index])
                if best.fault == "copy":
                    continue
                value = figure(getattr(best, name)[index])
                how = "best" if top else rng.choice(["worst", "lowest"])
                templates = [
                    f"which run has the {how} {metric} {words}?", f"{how} {metric} {words}, and what is the number?",
                    f"For the table: who has {how} {metric} {words}?",
                ]  # fmt: skip
                self.ask(
                    "best" if top else "worst",
                    templates,
                    [best.forms(), [value]],
                    sections=[[best.place]],
                    allowed=[p for r in runs for p in r.places()],
                    check=("best", f"{name}|{index}|{what}|{value}|{how}|9999-12-31"),
                )

    def ask_counts(self) -> None:
        rng = self.rng
        picked = [self.order[i] for i in (7, 8, 4)]
        for opt in rng.sample(picked, 2):
            runs = self.mine[opt]
            noun = runs[0].fam.noun
            words = [
                f"how many {noun} runs did I start so far?", f"number of jobs started with {opt}?",
                f"How many times {noun} was run in total?",
            ]  # fmt: skip
            self.count(words, noun, runs, f"{opt}")
        noisy = [r for r in self.runs if r.config["noise_prob"] == "0.8"]
        words = [
            "how many runs did I start with noise_prob 0.8?",
            "how many jobs on the server had noise_prob 0.8, all in all?",
        ]  # fmt: skip
        self.count(words, "noise", noisy, "noise_prob=0.8")
        months = sorted({(d.year, d.month) for d, _ in self.entries})
        for year, month in months:
            runs = [r for r in self.runs if (r.start.year, r.start.month) == (year, month)]
            if any(r.dual for r in runs):
                continue
            name = Day(year, month, 1).strftime("%B")
            words = [
                f"how many runs did I start in {name}?", f"number of runs started in {name}, for the monthly report",
            ]  # fmt: skip
            self.count(words, name, runs, f"month={year}-{month:02d}")
            break

    def count(self, words: list[str], noun: str, runs: list[Run], what: str) -> None:
        n = len(runs)
        after = [
            "run", "experiment", "entr", "command", "of ", "time", "record", "job", "with", "in ", noun.lower(),
            "start",
        ]  # fmt: skip
        forms = [f"{n} {a}" for a in after] + [f"{a} {n}" for a in (":", "is", "are", "were")] + [f"**{n}**", f"{n}."]
        if n < len(NUMBER_WORDS):
            forms.append(NUMBER_WORDS[n])
        groups = [[p for p in (r.server, r.place) if p] for r in runs]
        if len(groups) > 5:
            groups = [[p for group in groups for p in group]]
        allowed = [p for r in runs for p in r.places()]
        self.ask("count", words, lead=[forms], sections=groups, allowed=allowed, check=("count", f"{what}|{n}"))

    def ask_first_last(self) -> None:
        rng = self.rng
        for opt in rng.sample([self.order[i] for i in (1, 3, 5, 9)], 3):
            runs = sorted(self.mine[opt], key=lambda r: r.start)
            noun = runs[0].fam.noun
            places = [p for r in runs for p in r.places()]
            if rng.random() < 0.5 and runs[0].start != runs[1].start:
                words = [f"when did I start the first {noun} run?", f"first {noun} run - which day was it started?"]
                groups = [[p for p in (runs[0].server, runs[0].place) if p]]
                self.ask("first-last", words, [day_forms(runs[0].start)], sections=groups, allowed=places)
            elif runs[-1].start != runs[-2].start:
                words = [
                    f"what was the last {noun} run that I started?",
                    f"The latest {noun} run, which value did it have?",
                ]  # fmt: skip
                groups = [[p for p in (runs[-1].server, runs[-1].place) if p]]
                self.ask("first-last", words, [runs[-1].forms()], sections=groups, allowed=places)

    def named(self, run: Run) -> str:
        return self.rng.choice([run.call(), run.call(), f"{run.fam.opt} {run.value}", f"`{run.fam.opt}` {run.value}"])

    def ask_figures(self) -> None:
        rng = self.rng
        clean = [r for r in self.runs if r.clean and not r.dual]
        for run in rng.sample(clean, 6):
            name, index, metric = rng.choice(
                [
                    *self.METRICS,
                    ("seen", -1, "seen accuracy in the last session"),
                    ("unseen", 0, "unseen accuracy after the first incremental session"),
                ]
            )
            value = figure(getattr(run, name)[index])
            who = self.named(run)
            words = [
                f"{metric} of the run with {who}?", f"what {metric} did I get with {who}? I fill table 2 now",
                f"How much was the {metric} when we used {who}?", f"{who}: {metric}",
            ]  # fmt: skip
            check = ("figure", f"{run.fam.opt}|{run.value}|{name}|{index}|{value}")
            self.ask(
                "figure",
                words,
                [[value]],
                lead=[[value]],
                sections=[[run.place]],
                allowed=[*run.places(), "Experiments#Summary"],
                check=check,
            )
        pairs = 0
        while pairs < 4:
            a, b = rng.sample(clean, 2)
            if a.fam is b.fam:
                continue
            pairs += 1
            name, index, metric = rng.choice(self.METRICS)
            words = [
                f"compare {self.named(a)} with {self.named(b)}: {metric}",
                f"{self.named(a)} or {self.named(b)}, which has the better {metric}?",
                f"Which one is better in {metric}, {self.named(a)} or {self.named(b)}? Please give both numbers.",
            ]  # fmt: skip
            self.compare("compare", words, a, b, name, index)
        for opt in rng.sample([o for o in self.order if sum(r in clean for r in self.mine[o]) > 1], 4):
            a, b = sorted(rng.sample([r for r in self.mine[opt] if r in clean], 2), key=lambda r: float(r.value))
            name, index, metric = rng.choice(self.METRICS)
            words = [
                f"what does {opt} {b.value} instead of {a.value} do to the {metric}?",
                f"effect of {opt} on the {metric}, {a.value} vs {b.value}",
                f"If {opt} goes from {a.value} to {b.value}, how changes the {metric}?",
            ]  # fmt: skip
            self.compare("effect", words, a, b, name, index)

    def compare(self, kind: str, words: list[str], a: Run, b: Run, name: str, index: int) -> None:
        values = [figure(getattr(r, name)[index]) for r in (a, b)]
        checks = ("figure", f"{a.fam.opt}|{a.value}|{name}|{index}|{values[0]}")
        allowed = [*a.places(), *b.places(), "Experiments#Summary"]
        self.ask(kind, words, [[v] for v in values], sections=[[a.place], [b.place]], allowed=allowed, check=checks)

    def ask_options(self) -> None:
        rng = self.rng
        clean = [r for r in self.runs if r.clean and not (r.dual or r.swapped)]
        names = {
            "lr_base": "learning rate", "decay": "weight decay", "batch_size_base": "batch size",
            "epochs_base": "number of base epochs", "noise_prob": "noise_prob",
        }  # fmt: skip
        for run in rng.sample(clean, 4):
            opt = rng.choice(sorted(names))
            said = rng.choice([opt, names[opt]])
            words = [
                f"which {said} did the run with {self.named(run)} have?",
                f"{said} in the command of {self.named(run)}?",
                f"What {said} was set when you did {self.named(run)}?",
            ]  # fmt: skip
            value = run.config[opt]
            self.ask("option", words, [[value]], lead=[[value]], sections=[[run.server]], allowed=run.places())
        for run in rng.sample(clean, 2):
            words = [
                f"give me the full command of the run with {self.named(run)}",
                f"how was {self.named(run)} launched? the command line please",
            ]  # fmt: skip
            must = [[f"{run.fam.opt} {run.value}"], [f"-lr_base {run.config['lr_base']}"], ["train.py"]]
            self.ask("command", words, must, sections=[[run.server]], allowed=run.places())
        for run in [r for r in self.runs if r.swapped]:
            words = [
                f"learning rate of {self.named(run)}: what says the text and what says the command?",
                f"do text and command agree on lr and decay for {self.named(run)}? both values please",
            ]
            must = [[run.config["lr_base"]], [run.config["decay"]]]
            self.ask("contradiction", words, must, sections=[[run.server]], allowed=run.places())
        for run in [r for r in self.runs if r.slip]:
            words = [
                f"how many epochs did the run with {self.named(run)} have? description and command, both",
                f"{self.named(run)}: does the epoch number in the text agree with the command?",
                f"The epochs of {self.named(run)}: I think note and command are different, what they say?",
            ]  # fmt: skip
            must = [[run.slip], [run.config["epochs_base"]]]
            self.ask("contradiction", words, must, sections=[[run.server]], allowed=run.places())

    def ask_status(self) -> None:
        rng = self.rng
        going = [r for r in self.runs if r.state == "running"]
        words = [
            "what is running right now?", "which runs are still going on the server?",
            "Now which experiments are running?",
        ]  # fmt: skip
        groups = [[r.server] for r in going]
        allowed = [f"{r.start:%B}#Experiments-{self.note(f'{r.start:%B}').head(r.start)}" for r in going]
        self.ask("status", words, [r.forms() for r in going], sections=groups, allowed=allowed)
        allowed += [r.place for r in going if r.place]
        live = ["running", "ongoing", "in progress", "[-]", "not finished", "still going", "unfinished", "not done"]
        run = rng.choice(going)
        words = [
            f"is the run with {self.named(run)} through?", f"status of {self.named(run)}?",
            f"Did {self.named(run)} finish already?",
        ]  # fmt: skip
        self.ask("status", words, lead=[live], sections=[[run.server]], allowed=allowed)
        for run in self.runs:
            if run.state in ("nan", "stopped"):
                words = [
                    f"what happened to the run with {self.named(run)}?", f"{self.named(run)} - how did that end?",
                    f"Why there is no number for {self.named(run)}?",
                ]  # fmt: skip
                self.ask(
                    "status",
                    words,
                    [["nan" if run.state == "nan" else "stopped"]],
                    sections=[[run.server, run.place]],
                    allowed=run.places(),
                )

    def ask_doubtful(self) -> None:
        no = [
            "no,", "no.", "no:", "no;", "no -", "no —", "no –", "not ", "n't", "wrong", "retract", "invalid", "fail",
            "taken back",
        ]  # fmt: skip
        for run in self.runs:
            value, who = figure(run.acc[-1]), self.named(run)
            places = [run.told] if run.told else [run.place]
            allowed = run.places() + (run.again.places() if run.again else [])
            if run.fault in ("verdict", "scratch", "rerun"):
                words = [
                    f"can I put the {value} of {who} into the paper?", f"is the {value} with {who} a sound number?",
                    f"The result {value} ({who}), is it possible to trust?",
                ]  # fmt: skip
                self.ask(
                    "retracted",
                    words,
                    [[run.reason, REASONS[run.reason]]],
                    lead=[no],
                    sections=[places],
                    allowed=allowed,
                )
                words = [f"what was wrong with the result of {who}?", f"why did I take back the number with {who}?"]
                self.ask("retracted", words, [[run.reason, REASONS[run.reason]]], sections=[places], allowed=allowed)
            if run.again:
                right = figure(run.again.acc[-1])
                words = [
                    f"last session accuracy with {who} after the rerun with fixed code?",
                    f"{who}: which last session accuracy came out of the rerun?",
                ]  # fmt: skip
                self.ask(
                    "figure",
                    words,
                    [[right]],
                    lead=[[right]],
                    sections=[[run.again.place]],
                    allowed=allowed,
                    check=("figure", f"{run.fam.opt}|{run.value}|acc|-1|{right}"),
                )
            if run.fault == "copy":
                words = [
                    f"what is the correct last session accuracy of {who}? I pasted something wrong once",
                    f"The numbers of {who} were corrected: the last session accuracy now is?",
                ]  # fmt: skip
                self.ask(
                    "contradiction",
                    words,
                    [[value]],
                    lead=[[value]],
                    sections=[[run.told]],
                    allowed=allowed,
                    check=("figure", f"{run.fam.opt}|{run.value}|acc|-1|{value}"),
                )

    def ask_as_of(self) -> None:
        rng = self.rng
        one = datetime.timedelta(1)
        for run in self.runs:
            if run.fault == "scratch" and run.told_on and run.told_on - one >= run.end:
                day, value = run.told_on - one, figure(run.acc[-1])
                words = [f"which last session accuracy did I have for {self.named(run)} at that time?"]
                self.ask("as-of", words, [[value]], sections=[[run.place]], allowed=run.places()[:2], as_of=day)
        for number, opt in enumerate(self.order[i] for i in (9, 5, 3)):
            runs = sorted((r for r in self.mine[opt] if r.state == "done"), key=lambda r: r.end)
            if runs[1].end == runs[2].end or runs[2].start <= runs[1].end:
                continue
            day = runs[1].end
            best = max(runs[:2], key=lambda r: r.acc[-1])
            value, noun = figure(best.acc[-1]), best.fam.noun
            check = ("best", f"acc|-1|{opt}|{value}|best|{day}")
            words = [f"best last session accuracy of the {noun} runs so far?"]
            if number % 2:
                words = [f"as of {day.isoformat()}, what was the best last session accuracy of the {noun} runs?"]
            places = [p for r in runs[:2] for p in r.places()]
            self.ask(
                "as-of",
                words,
                [[value]],
                sections=[[best.place]],
                allowed=places,
                as_of=None if number % 2 else day,
                check=check,
            )
        later = [r for r in self.runs if r.clean and not r.dual and r.start > self.work[len(self.work) // 2]]
        for number, run in enumerate(rng.sample(later, 3)):
            day = min(r.start for r in self.mine[run.fam.opt]) - rng.randint(6, 12) * one
            words = [f"which last session accuracy does {self.named(run)} have?"]
            if number == 1:
                words = [f"As of {day.isoformat()}, which last session accuracy did I know for {self.named(run)}?"]
            self.ask(
                "as-of-none",
                words,
                answered=False,
                as_of=None if number == 1 else day,
                check=("later", f"{run.fam.opt}|{day}"),
            )

    def ask_absent(self) -> None:
        rng = self.rng
        for words, gone in rng.sample(ABSENT, 7):
            self.ask("absent", words, answered=False, check=("absent", "|".join(gone)))
        other = [f for f in FAMILIES if f.opt not in self.order]
        for fam in other:
            words = [
                f"last session accuracy with {fam.opt} {fam.values[0]}?",
                f"what came out of {fam.call.format(v=fam.values[1])}?".replace("layer(s)", "layers"),
            ]  # fmt: skip
            if fam.opt == "gru_layers":
                words = words[:1]
            self.ask("absent", words, answered=False, check=("absent", fam.opt))
        clean = [r for r in self.runs if r.clean and not r.dual]
        details = [
            ("how long did the run with {w} take, in hours?", "hours"),
            ("how many parameters had the model of {w}?", "parameters"), ("which dropout did {w} use?", "dropout"),
            ("What was the training loss at the end of {w}?", "training loss"),
            ("who asked me to run {w}?", "asked me to run"), ("std over the seeds for {w}?", "over the seeds"),
        ]  # fmt: skip
        for run, (text, gone) in zip(rng.sample(clean, 4), rng.sample(details, 4), strict=True):
            self.ask("near-miss", [text.format(w=self.named(run))], answered=False, check=("absent", gone))
        unused = {"mixup_alpha": "0.9", "loss_lpc": "7", "smooth_eps": "0.4", "shift_ms": "350", "pitch_dim": "128",
                  "cos_margin": "0.8",
                  "kd_weight": "9", "proto_momentum": "0.3", "mask_width": "31", "emb_dim": "512", "freeze_epoch": "95",
                  "tukey_beta": "0.15", "n_harmonics": "30", "gru_layers": "6"}  # fmt: skip
        for opt in rng.sample(self.order, 3):
            value = unused[opt]
            words = [
                f"what was the last session accuracy with {opt} {value}?",
                f"How much did we get when {opt} is {value}?",
            ]  # fmt: skip
            self.ask("near-miss", words, answered=False, check=("absent", f"{opt} {value}|{opt}` {value}"))

    # -- the rest

    def write_rest(self) -> None:
        rng = self.rng
        chatter = [
            "- What do I do now...", "- Server is busy. Read something.", "- Tired today, only small things.",
            "- Let's look at the confusion matrix first.", "- Solved~",
            "- Is there really nothing better than averaging?",
            "- Maybe the emebeddings are already good and the classifer is the problem.",
            "- lamda again. Who tunes the lamda..",
            "- Don't forget the ==test procedure== when the loss changes.", "- Coffee, then the plots.",
            "- The differnet noise types should be looked at one by one.", "- I should write things down earlier.",
        ]  # fmt: skip
        scratch = self.note("Scratch")
        for day in self.work:
            if rng.random() < 0.45:
                text = rng.choice(chatter)
                clock = f"{rng.randint(9, 19):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d} : "
                scratch.add(day, [f"- {clock}{text[2:]}" if rng.random() < 0.25 else text])
        rows = []
        for run in rng.sample([r for r in self.runs if r.clean and not r.dual], 4):
            link = f"[[#{self.note('Experiments').head(run.end)}]]"
            rows.append(f"| {run.tag} | {figure(run.acc[0])} | {figure(run.acc[-1])} | {link} |")
        table = ["```", "| run | base | last | day |", "|---|---|---|---|", *rows, "- add the others later", "```"]
        self.note("Experiments").preamble = ["## Summary", *table]
        fillers = list(FILLERS)
        rng.shuffle(fillers)
        for name, lines in fillers:
            if len(self.notes) >= self.wanted:
                break
            note = self.note(name)
            if rng.random() < 0.5:
                note.add(rng.choice(self.work), list(lines))
            else:
                note.preamble = [f"# {name}", *lines]

    def build(self) -> None:
        self.plan_runs()
        self.write_runs()
        self.write_stories()
        self.write_code_notes()
        self.write_tasks()
        self.write_rest()
        self.ask_intervals()
        self.ask_none()
        self.ask_extremes()
        self.ask_counts()
        self.ask_first_last()
        self.ask_figures()
        self.ask_options()
        self.ask_status()
        self.ask_tasks()
        self.ask_doubtful()
        self.ask_as_of()
        self.ask_absent()
        self.prune()

    def prune(self) -> None:
        """Keeps so many questions of a kind that no kind outweighs the others."""
        kept: list[Question] = []
        for kind in dict.fromkeys(q.kind for q in self.questions):
            mine = [q for q in self.questions if q.kind == kind]
            kept += self.rng.sample(mine, min(CAPS.get(kind, len(mine)), len(mine)))
        ids = {q.id for q in kept}
        self.questions = [q for q in self.questions if q.id in ids]


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).lower()


def build_journal(out: Path, seed: int, notes: int) -> Journal:
    journal = Journal(seed, notes)
    journal.build()
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.md"):
        old.unlink()
    for name, note in journal.notes.items():
        (out / f"{name}.md").write_text(note.text(), "utf-8")
    return journal


def make_journal(out: Path, seed: int, notes: int) -> list[Question]:
    """Writes the vault into out and returns the questions."""
    return build_journal(out, seed, notes).questions


# ---------------------------------------------------------------------------------------------------------------------
# Verification: reads the written notes again and trusts nothing of the above.

_DATE = re.compile(r"^## (20\d\d)[-/]?(\d\d)[-/]?(\d\d) *$")
_ARRAY = re.compile(r"^\[[\d., ]+\]$")


class Reread:
    """The written notes, read back."""

    def __init__(self, vault: Path) -> None:
        self.places: dict[str, str] = {}
        self.commands: list[tuple[Day, dict[str, str]]] = []
        self.records: list[tuple[Day, str, str, dict[str, list[float]], bool]] = []
        self.result_days: set[Day] = set()
        self.whole = ""
        self.files: dict[str, str] = {}
        for path in sorted(vault.glob("*.md")):
            text = path.read_text("utf-8")
            self.files[path.stem] = text
            self.whole += f"\n{path.stem}\n{text}"
            self.read(path.stem, text.split("\n"))
        self.withdrawn = re.findall(
            r"^- The result with `(\w+)` (\S+) .* is wrong", self.files["Scratch"], re.MULTILINE
        )

    def read(self, name: str, lines: list[str]) -> None:
        day, place = Day(1, 1, 1), ""
        options: dict[str, str] | None = None
        title, failed, arrays = "", False, []
        for line in lines:
            found = _DATE.match(line)
            if found:
                day = Day(*map(int, found.groups()))
            if re.match(r"^#{2,4} ", line):
                place = f"{name}#{line.lstrip('#').strip()}"
                assert place not in self.places, f"two headings {place}"
                self.places[place] = ""
            if place:
                self.places[place] += line + "\n"
            if name == "Server":
                if line.startswith("python train.py"):
                    options = {}
                    self.commands.append((day, options))
                option = re.match(r"^  -(\w+) ([^\s\\]+)", line)
                if option and options is not None:
                    options[option[1]] = option[2]
            if name == "Experiments" and day.year > 1:
                self.result_days.add(day)
                if "[!fail]" in line:
                    failed = True
                tag = re.search(r"`(\w+)` ([\d.]*\d)", line)
                if tag and line[:1] in ">`" and not line.startswith("> `"):
                    title, arrays = f"{tag[1]} {tag[2]} {'C' if 'Corrected' in line else ''}", []
                if _ARRAY.match(line):
                    arrays.append([float(x) for x in line.strip("[]").split(",")])
                    if len(arrays) == 4:
                        opt, value, mark = title.split(" ")
                        keys = ("acc", "seen", "unseen", "harm")
                        self.records.append((day, opt, value, dict(zip(keys, arrays, strict=True)), failed))
                        if mark:
                            self.records = [r for r in self.records if r[1:3] != (opt, value) or r[0] == day]
                        failed = False

    def noise(self, opt: str, value: str) -> str:
        return next(c["noise_prob"] for _, c in self.commands if c.get(opt) == value)

    def check(self, kind: str, what: str) -> str:
        """An empty text, or what is wrong."""
        parts = what.split("|")
        if kind == "gap":
            text = flat(self.files.get(parts[0], ""))
            text += flat(
                "\n".join(x for s in STORIES if s.name == parts[0] for w, _, xs in s.steps if w != "@" for x in xs)
            )
            return next(
                (f"stands there: {w}" for w in parts[1:] if re.search(rf"(?<!\w){re.escape(w.strip())}(?!\w)", text)),
                "",
            )
        if kind == "absent":
            return next((f"stands there: {w}" for w in parts if w.lower() in flat(self.whole)), "")
        if kind == "later":
            day = Day.fromisoformat(parts[1])
            early = [d for d, c in self.commands if parts[0] in c and d <= day]
            return "ran before" if early else ""
        if kind == "none":
            a, b = map(Day.fromisoformat, parts)
            days = {d for d, _ in self.commands} | self.result_days
            return "something ran" if any(a <= d <= b for d in days) else ""
        if kind == "interval":
            a, b = map(Day.fromisoformat, parts[:2])
            ran = sorted(" ".join(list(c.items())[-1]) for d, c in self.commands if a <= d <= b)
            return "" if ";".join(ran) == parts[2] else f"ran {ran}"
        if kind == "count":
            left, _, value = parts[0].partition("=")
            if left == "month":
                n = sum(f"{d:%Y-%m}" == value for d, _ in self.commands)
            else:
                n = sum(left in c and value in ("", c[left]) for _, c in self.commands)
            return "" if n == int(parts[1]) else f"counted {n}"
        if kind == "figure":
            opt, value, name, index, gold = parts
            held = [
                r[3][name][int(index)]
                for r in self.records
                if r[1:3] == (opt, value) and not r[4] and r[1:3] not in self.withdrawn
            ]
            return "" if [figure(x) for x in held] == [gold] else f"held {held}"
        if kind == "best":
            name, index, where, gold, how, until = parts
            left, _, want = where.partition("=")
            values = []
            for day, opt, value, arrays, failed in self.records:
                if failed or (opt, value) in self.withdrawn or day > Day.fromisoformat(until):
                    continue
                if (want and self.noise(opt, value) == want) or (not want and left in ("", opt)):
                    values.append(arrays[name][int(index)])
            right = (max if how == "best" else min)(values)
            return "" if figure(right) == gold else f"is {right}"
        return ""


def verify(vault: Path, questions: list[Question], checks: dict[str, tuple[str, str]]) -> list[str]:
    """What is wrong with the questions, as lines."""
    notes = Reread(vault)
    wrong = []
    for q in questions:
        kind, what = checks.get(q.id, ("", ""))
        problem = notes.check(kind, what)
        if not q.answered and not kind:
            problem = "refusal without a check"
        missing = [p for group in q.sections for p in group if p not in notes.places]
        if missing:
            problem = f"no such place {missing}"
        if q.answered and not q.sections:
            problem = "no place"
        held = flat("\n".join(notes.places.get(p, "") for group in q.sections for p in group))
        if q.kind != "first-last":
            for group in q.must:
                if not any(flat(form) in held for form in group):
                    problem = f"not in the notes: {group[:2]}"
        if problem:
            wrong.append(f"{q.id} {q.kind} {q.question!r}: {problem}")
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--notes", type=int, default=40)
    parser.add_argument("--verify", action="store_true")
    args = parser.parse_args()
    journal = build_journal(args.out / "vault", args.seed, args.notes)
    with (args.out / "questions.jsonl").open("w", encoding="utf-8") as file:
        for question in journal.questions:
            file.write(json.dumps(question.to_json(), ensure_ascii=False) + "\n")
    if args.verify:
        wrong = verify(args.out / "vault", journal.questions, journal.checks)
        for line in wrong:
            print(line)
        print(f"seed {args.seed}: {len(journal.questions)} questions, {len(wrong)} wrong")
        return 1 if wrong else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
