"""A made-up research journal with questions and gold answers: the Monday desk and the labmate who takes over.

Few-shot class-incremental keyword spotting: hub notes, month to-do notes, topic notes and code notes.
Everything is drawn by the seed; the same seed writes the same bytes."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from generate import Question

Day = dt.date
MONTHS = [dt.date(2025, m, 1).strftime("%B") for m in range(1, 13)]


@dataclass
class Ask:
    """A question on a story: the facts that answer it, the phrases a right answer holds ("a|b": either), wordings."""

    kind: str
    facts: tuple[int, ...]
    must: list[str]
    words: list[str]
    lead: list[str] = field(default_factory=list)
    never: list[str] = field(default_factory=list)
    until: int | None = None  # As of a day before this fact was written.


@dataclass
class Story:
    """A topic of the notes. facts: (step, text), a step is a day; misses: (question, pattern not in the note)."""

    note: str
    slots: dict[str, list[str]]
    facts: list[tuple[int, str]]
    asks: list[Ask]
    misses: list[tuple[str, str]]
    code: str = ""


NO = "no,|no.|no:|no |not |isn't|wrong|withdrawn|retract|cannot|can't|fail|doesn't hold|void|invalid"


def read_stories(text: str) -> list[Story]:
    """The stories: "=" note, "$" slots, a digit: a fact of that step, "?" kind, facts, must, lead, never, "-" wordings,
    "!" what the notes leave out and its pattern, ":" code. Two blanks go on with the line above."""
    stories: list[Story] = []
    for line in text.strip().replace("\n  ", " ").split("\n"):
        sign, rest = line[0], line[2:]
        if sign == "=":
            stories.append(Story(rest, {}, [], [], []))
        elif sign == "$":
            for slot in rest.split(" | "):
                name, _, values = slot.partition(": ")
                stories[-1].slots[name] = values.split("; ")
        elif sign.isdigit():
            stories[-1].facts.append((int(sign), rest))
        elif sign == "?":
            head, must, lead, never = ([*rest.split(" # "), "", ""])[:4]
            kind, facts, *until = head.split()
            gold = [[p for p in part.split(" & ") if p] for part in (must, lead, never)]
            numbers = tuple(int(n) for n in facts.split(","))
            stories[-1].asks.append(
                Ask(kind, numbers, gold[0], [], gold[1], gold[2], int(until[0][1:]) if until else None)
            )
        elif sign == "-":
            stories[-1].asks[-1].words.extend(rest.split(" // "))
        elif sign == "!":
            question, _, pattern = rest.partition(" :: ")
            stories[-1].misses.append((question, pattern))
        else:
            stories[-1].code += ("\n" if stories[-1].code else "") + rest
    return stories


STORIES = read_stories(r"""
= silence_trim
$ db: 35; 38; 42; 46 | w1: up; bit | w2: off; cat
0 Half of the one second clips begin with dead air. Trim everything under {db} dB before framing.
1 Trimmed clips do not fill the 101 frames. Pad the tail with the clip's own background noise.
1 Not zeros! Zero padding gave a click at the join, and the model learned the click.
2 No trimming for "{w1}" and "{w2}" any more, the closing stop was cut away together with the silence.
? how 1 # background noise
- How do we fill up clips that are too short after cutting silence?
? why 2 # click
- why not just pad the trimmed clips with zeros?
- I'm new to this code: what speaks against zero padding after the trimming?
? note_figure 0 # {db} dB|{db}dB # {db}
- silence trim threshold, which level?
? debug 3 # {w1} & {w2} & closing stop
- Which words are left out of the silence trimming, and what had gone wrong with them?
! How many minutes of audio did the silence trimming remove altogether? :: minute
= feature_cache
$ acc: 99.4; 99.1; 98.9 | key: full path plus the hop length; speaker id plus the file name
0 `load_from_file` reads the features from disk. Right now the key of the cache is only the file name.
1 > [!error] Validation accuracy jumped to {acc} over night. That can't be true.
1 Found it: two speakers have a file with the same name, the cache gave back the wrong speaker's features.
2 Cache key is now the hash of the {key}. Deleted the old folder, everything has to be extracted again.
? debug 2 # same name
- What caused the crazy validation accuracy with the cached features?
- that time val acc was {acc} out of nowhere, what was the reason?
? how 3 # {key}
- What is the cache key for the stored features made of now?
? as_of 0 <1 # only the file name|file name #  # {key}
- On {date}, what did the feature cache use as its key?
! How many gigabytes does the feature cache take on disk? :: \bGB\b|gigabyte|\d+ ?G\b
: key = digest(path)
: if key in index:
:     return load(index[key])
= reject_unknown
$ t0: 0.45; 0.55 | t1: 0.62; 0.68; 0.71 | fa: 3.1; 2.7; 4.4
0 Rejecting unknown words: threshold on the largest cosine, starting at {t0}.
1 A single threshold is unfair to the new classes, their prototypes come from five clips and lie lower.
1 So one threshold per class, taken at the 5th percentile of that class's own support scores.
3 With the per-class thresholds {fa} % of the unknown words get through.
3 Next: check the rejection with babble noise in the background.
? why 1 # five clips|lie lower|unfair to the new classes
- why did we give up the one global threshold for unknown words?
? how 2 # 5th percentile
- How is the rejection threshold of each class chosen?
? note_figure 3 # {fa}
- how many unknown words slip through with the per class cutoffs?
? next_step 4 # babble
- What was I going to do next on the unknown word rejection?
! What false reject rate did we measure for the known words with the class thresholds? :: false reject
= prototype_drift
$ d: 0.18; 0.23; 0.27 | cls: sheila; marvin; visual; follow
0 The prototypes of the base classes wander when the extractor is tuned in a session.
1 Measured it: mean cosine distance {d} after session five, the worst class is "{cls}".
2 > [!success] Freezing the batch norm statistics stops most of the wandering.
3 Idea: move the old prototypes along with the mean shift of the new support clips instead of freezing.
? note_figure 1 # {d} # {d}
- How far had the prototypes moved after session five?
? note_figure 1 # {cls} # {cls}
- which word's prototype drifts the most?
? how 2 # batch norm
- What helped against the wandering of the base prototypes?
? idea 3 # mean shift
- What was the idea to handle prototype drift without freezing? // drift w/o freezing, idea was?
! Which optimizer did we use when we measured the prototype drift? :: adam|sgd|optimi
= speaker_leak
$ n: 41; 57; 63; 88 | gain: 2.3; 1.9; 2.8
0 Adding the speaker embedding to the prototype gives +{gain} points on the new classes. Nice!
1 > [!warning] {n} speakers of the incremental test set are also in the support set.
2 Took the shared speakers out: the gain of the speaker embedding is gone. It only recognised the voices.
2 So the +{gain} from the first try must not go in the paper.
? retraction 2 # shared speakers|recognised the voices|gain of the speaker embedding is gone # no|not |gone|only
  recognised|shared speakers|voices
- Does the speaker embedding really help on new classes?
- can i put the gain from the speaker embedding into my slides?
? note_figure 1 # {n} # {n}
- How many speakers were shared by support and test?
! Which network gave us the speaker embeddings? :: x-?vector|ecapa|resnet|network
= board_port
$ board: nRF5340; STM32H7; ESP32-S3 | ms: 61; 74; 83 | kb: 212; 248; 187 | ven: Digikey; Mouser; Farnell
0 Ordered two {board} boards from {ven} for the on-device test.
1 Boards came today, one of them with a bent connector. Sent that one back.
3 The model fits: {kb} kB of flash after int8 conversion, {ms} ms for one second of sound.
4 > [!caution] Port is blocked: the microphone driver drops every tenth buffer. Waiting for the vendor.
? status 3 # microphone driver
- Where do we stand with the board? // on-device port: what is the state of things now?
? as_of 0 <1 # ordered #  # bent connector & microphone driver
- As of {date}, where were we with the {board} boards?
? note_figure 2 # {ms} ms|{ms}ms # {ms}
- latency of the int8 model on the {board}?
? note_figure 2 # {kb} # {kb}
- How much flash does the converted model need?
! What did the {board} boards cost? :: \$|euro|price|cost|won\b
! How much current does the {board} draw while listening? :: \bmA\b|current|power
= nan_hunt
$ step: 1312; 2870; 940 | eps: 1e-6; 1e-5
0 Loss goes NaN in the GRU model, always near step {step}. Lower learning rate does not help.
1 Not the data: same step with a shuffled order, so it's in the model.
2 It's the cosine: an all zero embedding from a silent clip has norm 0. Added {eps} under the root.
2 > [!success] Trained through to the end twice after that.
? debug 2 # norm 0|all zero embedding|silent clip & {eps}
- The NaN loss in the GRU model: what was the culprit and how was it fixed?
- if the GRU loss turns NaN again, what was it last time and what did we change?
? note_figure 0 # {step} # {step}
- at about what step did the GRU loss blow up?
? debug 1 # shuffled
- How did we rule out the data as the reason for the NaN loss?
! Which pytorch version did we have when the NaN appeared? :: torch|version
= label_check
$ bad: 137; 164; 98 | pair: tree / three; bed / bad; sheila / seven | who: Mina; Jonas
0 Listened to the 400 clips with the largest loss. A lot of them are simply labelled wrong.
1 {bad} of 400 are wrong, most of them in {pair}.
1 {who} listens to the same 400, without seeing my marks.
2 We differ on 21 clips. Only clips that both of us marked are taken out of the training list.
? note_figure 1 # {bad} # {bad}
- How many of the checked clips had a bad label?
? how 3 # both of us
- By what rule do mislabelled clips get removed from training?
? note_figure 2 # {who}
- who did the second listening of the suspicious clips?
! What accuracy did we gain by removing the wrongly labelled clips? :: gain|accuracy
= four_forward
$ cos: 0.91; 0.93; 0.89 | part: last third; last quarter
0 "four" and "forward" are confused the most. Cosine of the two prototypes is {cos}.
1 Looked at the spectrograms: same voiced start, they only differ in the {part}.
2 Idea: weight the frames by how much they differ between neighbour classes, instead of the plain mean.
3 Weighted pooling works for this pair but hurts the short words. Keep it as an option, off by default.
? note_figure 0 # {cos} # {cos}
- How similar are the prototypes of four and forward?
? debug 1 # {part}
- Where in the clip do four and forward actually differ?
? idea 2 # weight the frames|differ between neighbour
- four vs forward - what idea did I have?
? status 3 # off by default
- Is the weighted pooling in use or not? // weighted frame pooling: on or off these days?
! What does Prof. Lim think about the weighted pooling? :: lim\b|prof
= quota_mess
$ gb: 480; 610; 730 | keep: the last two checkpoints; the best checkpoint and the last one
0 Server full again, {gb} GB are mine. Every epoch writes a checkpoint and nobody removes them.
1 Wrote `prune_ckpt.py`, it leaves {keep} of each run.
2 It runs every night at 3:40 from cron. Writes what it removed to `pruned.log`.
? how 1 # {keep}
- What does the clean-up script leave of each run?
? how 2 # pruned.log
- where can I see which checkpoints were deleted? // Where does the nightly pruning write what it removed?
? note_figure 0 # {gb} # {gb}
- how much disk space was I using when the server ran full?
! What is my disk quota on the server? :: quota (of|is)|limit
: for run in runs:
:     for ckpt in sorted(run.glob('*.pth'))[:-2]:
:         ckpt.unlink()
= corpus_second
$ corp: MSWC; SpeechOcean; Hey-Snips | who: Ms. Park; Mr. Weber; Dr. Osei | n: 31; 38; 26
0 Reviewers will ask for a second corpus. {corp} looks good, need a signed licence form first.
1 Form is with {who} in the legal office.
3 Licence came back signed. Download started.
4 Corpus is on the server, {n} words have at least 200 clips. Split not made yet.
? status 3 # split not made|on the server
- what's the status of the second corpus? // How far are we with {corp}?
? as_of 1 <2 # {who}|legal office #  # came back signed
- Where was the {corp} licence as of {date}?
? why 0 # reviewers
- Why do we bother with a second corpus at all?
? note_figure 3 # {n} # {n}
- How many {corp} words have enough clips?
! What is the sampling rate of the {corp} clips? :: sampling|kHz
= logit_bias
$ b: 1.4; 1.7; 2.1 | n: 20; 40; 25
0 After each session the model prefers the old words. Mean logit of base classes is {b} higher.
1 Idea: subtract a bias per session, fitted on {n} held out base clips.
2 The bias fitted that way overshoots in session one, because there the new words are only a handful.
3 Decision: no fitted bias, scale the base weights to the norm of the new ones. Simple and nearly as good.
? note_figure 0 # {b} # {b}
- By how much are the base logits too high?
? debug 2 # handful
- Why did the session bias overshoot at the beginning?
? status 3 # norm of the new|scale the base weights
- What do we do in the end against the preference for old words?
- old words win over new ones: which remedy did I settle on?
? as_of 1 <2 # subtract a bias|held out #  # norm of the new ones
- what was the plan against the preference for old words, as of {date}?
! How long does fitting the session bias take? :: second|minute|ms\b
= replay_buffer
$ n: 3; 4; 6 | kb: 74; 96; 118
0 Small replay: {n} clips of every old word, picked nearest to the prototype.
1 Picking the nearest is bad, they all look alike. Herding picks are a bit more spread.
2 The buffer stores log mel frames as int8, {kb} kB for all words. Raw sound would break the privacy promise.
3 Next: try without replay for the words with more than 60 training speakers.
? why 1 # look alike
- What's wrong with replaying the clips nearest to the prototype?
? why 2 # privacy
- why doesn't the replay memory hold raw audio?
? note_figure 0 # {n} clips # {n}
- How many clips per old word are replayed?
? next_step 3 # 60 training speakers
- replay - what did I want to try next?
! Which accuracy did replay with herding reach? :: accuracy|\d\d\.\d
= stream_eval
$ fa: 0.9; 1.3; 2.2 | win: 30; 45 | src: a radio talk show; a cooking podcast
0 Clip accuracy says little about a real device. Streaming test on {src}, 8 hours long.
1 {fa} false alarms per hour with smoothing over {win} frames.
2 > [!warning] Those hours contain the wake words for real, 14 times. The false alarms are over-counted.
3 Marked the 14 true hits by hand. Numbers have to be computed again, not done.
? retraction 2 # over-counted|14 times|for real|14 true hits # no|not |over-counted|warning|caution
- Can I quote the {fa} false alarms per hour? // is the false alarm figure from the streaming test solid?
? status 3 # computed again
- Streaming test: what is left to do?
? note_figure 0 # {src}
- What audio is the streaming test made of?
! What miss rate did the streaming test show? :: miss
= config_loader
$ f: merge_opts; fold_config; join_args | old: argparse defaults; the shell script
0 Options came from three places, and {old} silently won over the yaml file.
1 `{f}` in `conf.py` does it all now: command line beats yaml, yaml beats defaults.
1 It stops with an error at an unknown option. Before, a typo was just ignored.
2 Side effect: old commands with `-epoch_base` (no s) do not start any more. Just fix the command.
? how 1 # {f}
- Which function puts the options together? // where are options merged in the code?
? how 1 # command line beats yaml
- yaml vs command line, which one wins?
? debug 3 # no s|epoch_base
- an old command of ours refuses to start since conf.py changed, why?
? debug 0 # {old}
- What silently overrode the yaml file before?
! How many tests cover conf.py? :: \btests?\b
: def {f}(cli, yaml, base):
:     unknown = set(cli) - set(base)
:     if unknown:
:         raise SystemExit(unknown)
= pitch_aug
$ st: 2; 3 | age: children; women
0 Recall is low for {age}. Maybe the five shots are nearly all male voices.
1 Pitch shift of the support clips by up to {st} semitones, only at enrolment, not in base training.
2 Recall for {age} improves. In base training the same shift made everything worse, no idea why.
3 Now in the default recipe, `aug_pitch_enrol`.
? why 0 # male voices
- What's my guess for the low recall on {age}?
? how 1 # semitones & enrolment
- how is pitch shifting applied, how much and at which stage?
? status 3 # default recipe
- Is pitch shifting part of the standard setup by now?
! What is the recall for {age} after the pitch shift? :: recall (of|is|at) \d|\d\d\.\d
= lpc_order
$ p: 12; 14; 18 | q: 20; 24; 26
0 LPC order {p} leaves voicing in the residual. You can still understand the word from it.
1 Order {q}: residual is now just buzz, no word to be heard. Formants get spiky though.
2 Decision: order {q} for the residual, order {p} for the formant path. Two analyses cost nothing.
? status 2 # {q} & {p}
- Which LPC orders do we use for residual and formants?
? why 0 # voicing in the residual|still understand the word
- why wasn't LPC order {p} enough?
? debug 1 # spiky
- What is the drawback of the higher LPC order?
! Which LPC order did the comp project of last year use? :: comp\b|last year
= seed_spread
$ sd: 0.62; 0.74; 0.81 | k: 7; 8; 10
0 Before arguing over half a point: how large is the spread between seeds?
1 {k} seeds of the base recipe, standard deviation {sd} in the last session.
2 Rule for the paper: a gain below twice that is written as no difference.
3 Most of the spread is from which five clips are drawn, hardly any from the weights.
? note_figure 1 # {sd} # {sd}
- What's the standard deviation over seeds?
? how 2 # twice & no difference
- from what size on do we call a gain a real one in the paper?
? why 3 # five clips|which five clips
- where does the seed variance mostly come from?
! Which seed gave the best result in the spread test? :: seed (number|no\.|\d+ (is|was|gave))|best seed
= worker_stall
$ w: 12; 16 | s0: 410; 365 | s1: 95; 118
0 GPU sits at 20 %, one epoch takes {s0} s. Loader is the bottleneck.
1 More workers ({w}) made it slower. They all fight for the same hdf5 lock.
2 Opened the file inside each worker instead of in the parent: {s1} s per epoch.
? debug 1 # hdf5 lock
- Why did adding loader workers slow the training down?
? debug 2 # inside each worker
- How did we get the data loading fast in the end?
? note_figure 2 # {s1} # {s1}
- epoch time after the loader fix?
! How much memory do the loader workers take? :: memory|\bRAM\b|\bGB\b
: def __getitem__(self, i):
:     if self.h5 is None:
:         self.h5 = open_h5(self.path)
= journal_draft
$ ven: Interspeech; ICASSP; SLT | pg: 4; 5 | who: Hana; Tobias; Yuri
0 Target is {ven}. {pg} pages, so the LPC part has to shrink to one paragraph.
1 Outline done. {who} takes the related work.
2 Introduction and method are written. Related work is missing still, {who} is ill.
4 Sent the full draft to Prof. Lim for comments. Nothing back from him so far.
? status 3 # full draft
- How is the paper going? // state of the {ven} paper?
? as_of 2 <3 # related work #  # sent the full draft
- On {date}, what part of the {ven} draft was still missing?
? why 0 # {pg} pages
- Why is the LPC part in the paper so short?
? note_figure 1 # {who} # {who}
- who was to write related work?
! Who is the corresponding author of our {ven} paper? :: author
= table_two
$ row: TEEN; FACT | v: 61.2; 58.7; 63.9 | w: 64.8; 66.1; 65.3
0 Table 2: the {row} row says {v} for the last session, copied from the old slides.
1 Ran through my own log: {row} is {w}, not {v}. The slides were of the 10-shot version.
2 Table 2 corrected. Slides still wrong.
? contradiction 1 # {w} & 10-shot|slides
- Two numbers for {row} float around in table 2, which one is right and why do they differ?
- {row} in table 2, {v} or something else? where does the difference come from?
? status 2 # slides still wrong
- Is the wrong {row} number fixed everywhere?
! Which row of table 2 is printed in bold? :: bold
= open_day_demo
$ room: B214; C017; A305 | w: robot; lantern; coffee | day: Thursday; Saturday
0 Open day demo: visitors teach the laptop a new word with five recordings. My test word is "{w}".
1 Demo is in room {room}, {day} afternoon. Need a directional mic, the hall will be loud.
2 Dry run: enrolment fails when people say the word too early. Added a beep and half a second of wait.
3 > [!success] Open day done, 46 visitors tried it. Nobody noticed the one crash.
? debug 2 # too early
- What went wrong at the dry run of the demo?
? how 2 # beep
- how did we solve the problem with enrolment in the demo?
? note_figure 1 # {room} # {room}
- which room was the open day demo in?
? status 3 # 46 visitors|done
- Is the open day demo over, or do I still have to prepare?
! Which laptop did we use for the open day? :: thinkpad|macbook|laptop (is|was)
= freeze_depth
$ k: two; three | g: 1.1; 1.6
0 How much of the extractor to tune in a session? All of it forgets, none of it can't learn.
1 Tuning the last {k} blocks: new words +{g}, old words lose nothing.
2 > [!fail] The plus came from the test list of session one only, I forgot to switch it. Wrong evaluation.
3 With the right lists no depth beats the fully frozen extractor.
? retraction 2,3 # test list|frozen extractor|wrong evaluation # no|not |wrong|fail|frozen
- Should I tune the last {k} blocks in the sessions? I remember a gain. // Last {k} blocks tuning, gain is true?
? debug 2 # forgot to switch|session one
- What was the mistake in the block tuning evaluation?
! Which learning rate was used for tuning the last blocks? :: learning rate|\blr\b
= lim_meetings
$ x: the noise part; the LPC part | y: a listening test; an error analysis | d: 2; 3
0 Meeting with Prof. Lim: he wants {y} before any new loss.
1 Prof. Lim would cut {x}, says nobody will miss it. I don't agree but ok.
2 He asks for {d} slides for the project review, one of them only failures.
2 For the next meeting: bring the confusion matrix of the last session.
? how 0 # {y}
- What does Prof. Lim want to see before I add another loss?
? how 1 # {x}
- which part would the professor cut?
? next_step 3 # confusion matrix
- What do I have to bring to the next meeting with Prof. Lim?
? note_figure 2 # {d} # {d}
- How many slides for the project review?
! When is the next meeting with Prof. Lim? :: next meeting (is|on)|o'clock|\d ?pm
= far_mic
$ m: 3; 4 | drop: 9.4; 11.2; 7.8 | rir: 180; 240; 320
0 Recorded 12 people at {m} m from the laptop. Accuracy falls by {drop} points against close talk.
1 It's the room, not the level: normalising the loudness changes nothing.
2 Convolving the support clips with {rir} simulated room responses wins half of it back.
3 Open question: do the room responses have to match the room size? Not looked at.
? note_figure 0 # {drop} # {drop}
- How much do we lose with the far microphone?
? debug 1 # loudness|the room, not the level
- How do we know the far mic loss isn't just volume?
? how 2 # room responses
- what brought part of the far-field loss back?
? next_step 3 # room size
- Which question is still open about far microphones?
! How old were the people in the far microphone recordings? :: \bage|years|old\b
= Prototypes That Wander
$ n: three; four | x: assumes that old classes keep their covariance; needs a frozen first stage
0 Read on the train. They estimate the drift of old prototypes from the new data alone, no replay.
0 Weak point: {x}.
1 Their code works only with image shapes, {n} lines to change for speech.
? why 1 # {x}
- What weakness did I see in the Prototypes That Wander paper?
? how 0 # from the new data alone
- in the wandering prototypes paper, what do they estimate drift from?
! Which data sets are in the Prototypes That Wander paper? :: CIFAR|CUB|data ?set|imagenet
= Keyword Learning by Analogy
$ x: phoneme strings; articulatory features | y: needs a pronunciation lexicon; fails for names
0 They build a prototype for a new word from {x} without any recording.
0 Doubt: {y}, which we can't offer on a device.
1 Could be a start value for our prototypes, then average with the five shots.
? how 0 # {x}
- Keyword Learning by Analogy: from what do they build the prototypes?
? idea 2 # start value
- What could we use the analogy paper for in our own method?
? why 1 # {y}
- what is my doubt about Keyword Learning by Analogy?
! Who wrote Keyword Learning by Analogy? :: et al|author|written by
""")

# One series of runs each; "{v}" is the value.
STUDY_TEXT = """
noise_prob | One Transformer layer | Transformer run with noise probability {v} | 0.0 0.2 0.4 0.8 |
  sequential_layer='Transformer' project=trans | noise in training to get robust prototypes
loss_lpc | One GRU layer | GRU run with lpc loss {v} | 0.1 0.5 1 2 |
  sequential_layer='GRU' project=trans | LPC loss so that the embedding keeps the vocal tract
temperature | Vector base code | base code run with temperature {v} | 8 16 24 32 |
  project=base | logits of the base code look too flat
decay | Primitive model | primitive model with weight decay {v} | 0.0001 0.0003 0.001 |
  project=primitive | primitive model overfits after 60 epochs
shot | Teen baseline | teen baseline with {v} shots | 1 3 5 10 |
  project=teen | users will not record five clips
loss_res_cls | Comp model with residual classifier | comp model with residual class loss {v} | 0.2 0.6 1.2 |
  project=comp | residual alone can tell the last consonant
lr_base | Fact baseline | fact baseline with learning rate {v} | 0.001 0.003 0.01 |
  project=fact | fact baseline was never tuned by us, reviewers will complain
batch_size_base | Base code with cosine schedule | cosine schedule run with batch size {v} | 64 96 256 |
  project=base schedule='Cosine' | bigger batches fit on the new card
loss_a_freq_cls | Comp model with formant classifier | comp model with formant class loss {v} | 0.3 0.7 1.5 |
  project=comp | vowels should be decided by the formants
loss_regularize | Primitive model with regularizer | primitive model with regularizer {v} | 0.01 0.05 0.25 |
  project=primitive | keep prototypes apart from each other
epoch_guideline | Two Transformer layers | two layer Transformer with guideline epoch {v} | 10 30 50 |
  sequential_layer='Transformer' project=trans | guideline from the start is too strict
way | Comp model, other protocol | comp run with {v} ways | 2 4 6 |
  project=comp | words will come one or two at a time, not five
tmax | Two GRU layers | two layer GRU with tmax {v} | 40 70 120 |
  sequential_layer='GRU' project=trans schedule='Cosine' | learning rate is at the floor too early
"""


def read_study(text: str) -> tuple[str, str, str, list[str], dict[str, str], str]:
    """Option, lead words, spoken form, values, changes to the base command, reason."""
    option, lead, spoken, values, changes, reason = (part.strip() for part in text.split("|"))
    return option, lead, spoken, values.split(), dict(c.split("=") for c in changes.split()), reason


STUDIES = [read_study(text) for text in re.split(r"\n(?=\w)", STUDY_TEXT.strip())]
ORDER = re.findall(
    r"\w+",
    "project dataset lr_base decay epochs_base batch_size_base schedule tmax temperature noise_prob sequential_layer "
    "loss_lpc loss_a_freq_cls loss_res_cls epoch_guideline loss_regularize way shot",
)
CATEGORIES = ["Experiments", "Code", "Idea", "Paper", "Study", "Lab", "Others"]
NEVER_RUN = {"noise_prob": "0.6", "loss_lpc": "4", "temperature": "64", "decay": "0.01", "shot": "20", "tmax": "200"}

# category, text of the task, decisive phrase, spoken form
TASKS = [
    line.split(" | ")
    for line in """
Code | Unit test for the class split | class split | writing the unit test for the class split
Code | Move the mel settings to one file | mel settings | putting the mel settings in one file
Code | Remove the dead `logits2` branch | logits2 | removing the dead logits2 branch
Code | Type hints for the sampler | sampler | the type hints for the sampler
Code | Log the git state with every job | git state | logging the git state
Code | Resume from a checkpoint after a power cut | power cut | resuming after a power cut
Code | Speed up the confusion matrix drawing | confusion matrix drawing | making the confusion matrix drawing faster
Paper | Redraw figure 1 in vector form | figure 1 | redrawing figure 1
Paper | Shorten the abstract to 150 words | abstract | shortening the abstract
Paper | Ask for a native reader | native reader | getting a native reader
Paper | Reference for the harmonic mean | harmonic mean | finding the reference for the harmonic mean
Paper | Put the code link in the footnote | footnote | the code link in the footnote
Paper | Write the limitations paragraph | limitations | the limitations paragraph
Study | Read chapter 6 on linear prediction | chapter 6 | reading chapter 6
Study | Go through the CTC tutorial | CTC tutorial | going through the CTC tutorial
Study | Work out the gradient of the cosine head | cosine head | working out the gradient of the cosine head
Study | Watch the talk on wav2vec probing | wav2vec probing | watching the probing talk
Lab | Order a new headset | headset | ordering the headset
Lab | Book the recording booth | recording booth | booking the recording booth
Lab | Give the key card back | key card | giving the key card back
Lab | Send the GPU hours to the office | GPU hours | sending the GPU hours to the office
Lab | Clean the shared whiteboard | whiteboard | cleaning the whiteboard
Lab | Renew the ethics form | ethics form | renewing the ethics form
Idea | Sketch the two-stage enrolment | two-stage enrolment | sketching the two-stage enrolment
Idea | List losses that need no labels | need no labels | listing label-free losses
Idea | Ask Dahlia about articulatory targets | Dahlia | asking Dahlia about articulatory targets
Others | Dentist | dentist | the dentist
Others | Visa photo for the conference | visa photo | the visa photo
Others | Back up the old laptop | old laptop | backing up the old laptop
Others | Write a letter for Emre | Emre | writing the letter for Emre
""".strip().split("\n")
]

# question, pattern that may stand nowhere in the vault
ABSENT = [
    line.split(" :: ")
    for line in r"""
What did we decide about federated learning? :: federated
wifi password of the lab? :: wifi|password
Which Conformer size did I train? :: conformer
How much money is left in the travel budget? :: budget
What were the results on Mandarin tones? :: mandarin|\btones
did the patent application go through :: patent
How well does Whisper do on our keywords? :: whisper
When does Emre's contract end? :: contract
What was the outcome of the hyperband search? :: hyperband
Why did we leave TensorFlow? :: tensorflow
What bitrate is used for the opus compression test? :: opus|bitrate
Who maintains the annotation website? :: website|annotation
please tell me the result of the knowledge graph experiment :: knowledge graph
What did the GAN based augmentation give? :: \bgan\b
how was the beamforming array calibrated? :: beamform
What word error rate did the recogniser have in the car? :: word error|in the car
Is there already a date for my thesis defence? :: thesis|defen[cs]e
What did we learn from the Bayesian prototype trial? :: bayes
I take over the student supervision, which student works on emotion recognition? :: emotion|student
How is the diarization of the meetings done? :: diari[sz]
Which TTS voices made the synthetic keywords? :: \btts\b|synthetic
contrastive pretraining, how many steps? :: contrastive|pretrain
What's the plan for the summer school lecture? :: summer school|lecture
Did pruning the filters by magnitude hurt? :: magnitude
""".strip().split("\n")
]

FILLER = [
    "What should I do now...",
    "Server is working but almost done.",
    "Should look at the embeddings again, different view maybe.",
    "Let's read something before I start a new thing.",
    "Not sure that this is the right question at all.",
    "Took a walk. Things are clearer now.",
    "Think I should separate the two things because they get mixed in my head.",
    "Too many options in the script, no one can remember all of them.",
    "Maybe think about what a user would do with it.",
    "Wrote down all the names of the losses. Too many lambdas.",
    "Lunch was long. Back to the code.",
    "It's kinda hard to begin on a morning like this.",
    "Good day. Small steps.",
    "==Think first, then type.==",
    "Old sketch is here ![[embedding_map.png]]",
    "%%ask somebody about this one day%% Leave it for now.",
    "Wrote three lines, deleted four. ^kw-3f1a",
    "~~Everything is in the vector space.~~ Not any more.",
]
SLIPS = dict(
    pair.split(">")
    for pair in re.findall(
        r"\S+",
        """
different>differnet embeddings>emebeddings embedding>embeding because>becuase lambdas>lamdas
separate>seperate should>shoud training>trianing threshold>treshold prototypes>protoypes
""",
    )
)
REASONS = [
    ("This result is from wrong code, the test used the train transform.", "train transform"),
    ("Wrong code. Session labels were not shuffled with the data.", "not shuffled"),
    ("Not valid, the checkpoint of another model was loaded.", "checkpoint of another model"),
    ("Wrong result, validation clips were inside the training list.", "inside the training list"),
]


@dataclass
class Run:
    """One job: what was asked of the machine, when, and what came out."""

    study: int
    option: str
    value: str
    title: str
    spoken: str
    config: dict[str, str]
    day: Day
    end: Day
    state: str = "ok"  # ok, wrong, stopped, nan, rerun
    reason: tuple[str, str] = ("", "")
    words_epochs: str = ""
    twice: bool = False
    pair: int = 0  # 1, 2: first or second command of one entry.
    swapped: bool = False  # The words have lr and decay the wrong way round.
    acc: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    unseen: list[float] = field(default_factory=list)
    harm: list[float] = field(default_factory=list)
    places: list[str] = field(default_factory=list)

    def forms(self) -> list[str]:
        """All usual ways to name the run in an answer."""
        o, v = self.option, self.value
        bare = self.title.rstrip(".").replace("`", "")
        return [
            self.title.rstrip("."),
            bare,
            f"`{o}` {v}",
            f"{o} {v}",
            f"{o}={v}",
            f"{o} = {v}",
            f"{o}: {v}",
            f"{o} to {v}",
        ]

    @property
    def plain(self) -> bool:
        """Whether its figures have one reading."""
        return self.state == "ok" and not self.twice


def show(value: float) -> str:
    """Three decimals without trailing zeros."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def array(values: list[float]) -> str:
    """A list as it is pasted."""
    return "[" + ", ".join(show(v) for v in values) + "]"


def bare_forms(text: str) -> list[str]:
    """The forms that a "a|b" stands for, with and without backticks."""
    forms = text.split("|")
    return forms + [f.replace("`", "") for f in forms if "`" in f]


class Journal:
    """Writes one vault and gathers its questions."""

    def __init__(self, seed: int, notes: int) -> None:
        self.rng = random.Random(f"register-{seed}")
        self.seed = seed
        self.notes = notes
        weeks = self.rng.randint(9, 12)
        self.start = Day(2025, 2, 3) + dt.timedelta(weeks=self.rng.randint(0, 30))
        self.last = self.start + dt.timedelta(days=weeks * 7 - 1)
        self.today = self.last + dt.timedelta(days=1)
        gap_week = self.rng.randint(3, weeks - 4)
        gap = self.start + dt.timedelta(weeks=gap_week, days=self.rng.randint(0, 1))
        self.gap = [gap + dt.timedelta(days=i) for i in range(4)]
        every = [self.start + dt.timedelta(days=i) for i in range(weeks * 7)]
        self.work = [d for d in every if d not in self.gap and (d.weekday() < 5 or self.rng.random() < 0.12)]
        self.work = [d for d in self.work if d != self.last]
        self.form: dict[str, Callable[[Day], str]] = {}
        self.pages: dict[str, dict[Day, list[str]]] = {}
        self.heads: dict[tuple[str, Day], str] = {}
        self.questions: list[Question] = []
        self.checks: dict[str, tuple] = {}
        self.runs: list[Run] = []
        self.tasks: list[dict] = []
        self.asked: set[str] = set()

    # -- pages -------------------------------------------------------------------------------------------------

    def heading(self, note: str, day: Day) -> str:
        """The day's heading in a note, in that note's form."""
        key = (note, day)
        if key not in self.heads:
            third = (day - self.start).days / max(1, (self.last - self.start).days)
            style = self.form_of(note, third)
            self.heads[key] = day.strftime(style)
        return self.heads[key]

    def form_of(self, note: str, part: float) -> str:
        """The date form of a note at that part of the journal."""
        pick = sum(map(ord, note)) + self.seed
        if note in ("Scratch", "Experiments"):
            return "%Y-%m-%d" if part < 0.3 else "%Y/%m/%d" if part < 0.85 else "%Y%m%d"
        if note == "Server" or note in MONTHS:
            return "%Y/%m/%d"
        return ["%Y/%m/%d", "%Y-%m-%d", "%Y/%m/%d", "%Y%m%d"][pick % 4]

    def put(self, note: str, day: Day, *lines: str) -> str:
        """Writes lines under a day; returns the place."""
        self.pages.setdefault(note, {}).setdefault(day, []).extend(lines)
        return f"{note}#{self.heading(note, day)}"

    def link(self, note: str, day: Day) -> str:
        """A link, about one in seven broken."""
        head = self.heading(note, day)
        chance = self.rng.random()
        if chance < 0.07:
            return f"[[{note}#{head[:-1]}]]"
        if chance < 0.14:
            return f"[[{note[:-1]}#{head}]]"
        return f"[[{note.lower() if chance < 0.3 else note}#{head}]]"

    # -- questions ---------------------------------------------------------------------------------------------

    def ask(self, kind: str, text: str, check: tuple = (), **gold: object) -> None:
        """Adds a question unless its words were used already."""
        text = " ".join(text.split())
        if text in self.asked:
            return
        self.asked.add(text)
        name = f"r{self.seed}-{len(self.asked):03d}"
        answered = bool(gold.pop("answered", True))
        self.questions.append(
            Question(id=name, kind=kind, question=text, today=self.today.isoformat(), answered=answered, **gold)
        )
        self.checks[name] = check

    def voice(self, text: str, kind: str = "") -> str:
        """How it is typed today: plain, polite, hurried, by the new labmate."""
        chance = self.rng.random()
        upper = text[0].upper() + text[1:]
        proper = re.match(r"[A-Z]{2}|I\b|I'|Prof|[A-Z]\w+ [A-Z]|Streaming|Planning", text)
        lower = text if proper else text[0].lower() + text[1:]
        if chance < 0.66:
            return text
        if chance < 0.72:
            return f"Sorry to bother, {lower}"
        if chance < 0.78:
            return f"quick one: {lower}"
        own = re.search(r"\bI\b|\bmy\b|\bNew\b", text)
        if (
            chance < 0.88
            and not own
            and kind in ("how", "why", "debug", "status", "note_figure", "near_miss", "retraction")
        ):
            return self.rng.choice(["I'm taking over this project. ", "New in the project, one question. "]) + upper
        if chance < 0.88 and kind in ("task", "next_step", "status"):
            return self.rng.choice(["Planning my week. ", "Monday, coffee. "]) + upper
        return lower.rstrip("?") + ("?" if chance < 0.95 else "")

    def words(self, day: Day, style: int = -1) -> str:
        """A day as it is said or typed."""
        month = MONTHS[day.month - 1]
        forms = [f"{month} {day.day}", f"{day.day} {month}", day.isoformat(), f"{day:%Y/%m/%d}"]
        return forms[style if style >= 0 else self.rng.randrange(4)]

    # -- stories -----------------------------------------------------------------------------------------------

    def slip(self, text: str, guarded: list[str]) -> str:
        """A typing slip now and then, never inside a decisive phrase."""
        if self.rng.random() > 0.3:
            return text
        for right, wrong in SLIPS.items():
            if right in text and not any(right in g for g in guarded):
                return text.replace(right, wrong, 1)
        return text

    def tell(self, story: Story) -> None:
        """Writes one story and asks about it."""
        rng = self.rng
        slots = {name: rng.choice(values) for name, values in story.slots.items()}
        steps = sorted({step for step, _ in story.facts})
        days = sorted(rng.sample(self.work[rng.randrange(0, len(self.work) // 2) :], len(steps)))
        day_of = dict(zip(steps, days, strict=True))
        guarded = [form.format(**slots) for ask in story.asks for m in ask.must for form in m.split("|")]
        places: list[list[str]] = []
        code_at = rng.choice(steps)
        for number, (step, text) in enumerate(story.facts):
            line = self.slip(text.format(**slots), guarded)
            day = day_of[step]
            head = self.heading(story.note, day)
            if line.startswith("> [!"):
                kind, _, rest = line.partition("] ")
                tick = rng.random()
                block = [f"{kind}]", f"> {rest}"] if tick < 0.5 else [line] if tick < 0.8 else [f"{kind[2:]}]  ", rest]
                lines = ["---", *block, "---"] if rng.random() < 0.3 else ["", *block, ""]
            elif rng.random() < 0.18:
                lines = [f"- {rng.randint(9, 19):02d}:{rng.randint(0, 59):02d}:{rng.randint(0, 59):02d} : {line}"]
            else:
                lines = [f"- {line}"]
            sub = f"### {'Code' if story.code else 'Note'}-{head}"
            group = [self.put(story.note, day)]
            page = self.pages[story.note][day]
            if number and story.facts[number - 1][0] == step and sub in page:
                group.append(f"{story.note}#{sub[4:]}")
            elif rng.random() < 0.2 and not page:
                lines = [sub, *lines]
                group.append(f"{story.note}#{sub[4:]}")
            self.put(story.note, day, *lines)
            if story.code and step == code_at and not any(s == step for s, _ in story.facts[number + 1 :]):
                code = re.sub(r"\{(\w+)\}", lambda m: slots.get(m[1], m[0]), story.code).split("\n")
                if rng.random() < 0.4:
                    self.put(story.note, day, "```python", *code[:-1], code[-1] + "```", "")
                else:
                    self.put(story.note, day, "```python", *code, "```", "")
            places.append(group)
        if rng.random() < 0.6:
            self.put("Scratch", days[0], f"- More on this in {self.link(story.note, days[0])}.")
        for ask in rng.sample(story.asks, min(len(story.asks), 3)):
            text = rng.choice(ask.words).format(**slots, date="{date}")
            more: dict[str, object] = {}
            if ask.until is not None:
                limit = day_of[story.facts[ask.until][0]]
                begin = day_of[story.facts[max(ask.facts)][0]]
                when = begin + dt.timedelta(days=rng.randint(0, (limit - begin).days - 1))
                if rng.random() < 0.5:
                    more["as_of"] = when.isoformat()
                text = text.format(date=self.words(when))
            else:
                text = self.voice(text, ask.kind)
            self.ask(
                ask.kind,
                text,
                ("text",),
                must=[bare_forms(m.format(**slots)) for m in ask.must],
                lead=[bare_forms(m.format(**slots)) for m in ask.lead],
                never=[n.format(**slots) for n in ask.never],
                sections=[sorted({p for f in ask.facts for p in places[f]})],
                allowed=[f"{story.note}#"],
                **more,
            )
        for text, pattern in story.misses:
            if rng.random() < 0.75:
                text = text.format(**slots)
                self.ask("near_miss", self.voice(text, "near_miss"), ("miss", story.note, pattern), answered=False)

    # -- runs --------------------------------------------------------------------------------------------------

    def arrays(self, run: Run) -> None:
        """Draws the figures of a run."""
        rng = self.rng
        base = rng.uniform(94.2, 97.9)
        seen, unseen, acc = base - rng.uniform(0.2, 0.9), rng.uniform(66, 79), base
        run.acc = [round(base, 3)]
        for _ in range(5):
            acc -= rng.uniform(1.6, 3.4)
            run.acc.append(round(acc, 3))
            run.seen.append(round(seen, 3))
            run.unseen.append(round(unseen, 3))
            run.harm.append(round(2 * run.seen[-1] * run.unseen[-1] / (run.seen[-1] + run.unseen[-1]), 3))
            seen -= rng.uniform(0.2, 1.1)
            unseen -= rng.uniform(2.0, 5.5)

    def plan_runs(self) -> None:
        """Which jobs, on which days."""
        rng = self.rng
        chosen = rng.sample(range(len(STUDIES)), 10)
        wanted: list[tuple[int, str, str]] = []
        special = rng.sample(range(10), 6)
        for n, s in enumerate(chosen):
            option, lead, spoken, values, changes, _ = STUDIES[s]
            picked = sorted(rng.sample(values, min(len(values), rng.randint(3, 4))), key=float)
            rng.shuffle(picked)
            for i, v in enumerate(picked):
                state = "wrong" if i == 0 and n in special[:3] else "ok"
                if i == len(picked) - 1 and n == special[3]:
                    state = "stopped"
                if i == len(picked) - 1 and n == special[4]:
                    state = "nan"
                wanted.append((s, v, state))
            if n in special[:3]:
                wanted.append((s, picked[0], "rerun"))
        place = {n: n + rng.uniform(0, 5) for n in range(len(wanted))}
        for n, (s, v, state) in enumerate(wanted):
            if state == "rerun":
                place[n] = max(
                    place[n], 0.1 + max(place[m] for m, w in enumerate(wanted) if w[:2] == (s, v) and m != n)
                )
        wanted = [wanted[n] for n in sorted(place, key=lambda n: place[n])]
        early = [d for d in self.work if d <= self.last - dt.timedelta(days=7)]
        late = [d for d in self.work if d > self.last - dt.timedelta(days=7)]
        slots = sorted(rng.sample(early + early, len(wanted) - 4)) + sorted(rng.sample(late[:4] + late[:2], 4))
        reasons = rng.sample(REASONS, 3)
        for (s, v, state), day in zip(wanted, slots, strict=True):
            option, lead, spoken, _, changes, _ = STUDIES[s]
            config = {"project": "base", "dataset": "gsc2", "lr_base": "0.005", "decay": "0.0005", "epochs_base": "100"}
            config |= {"batch_size_base": "128", "sequential_layer": "'None'"} | changes | {option: v}
            end = day
            tomorrow = day + dt.timedelta(days=1)
            if rng.random() < 0.4 and tomorrow in self.work and state != "stopped":
                end = tomorrow
            title = f"{lead}, `{option}` {v}" + (", again with the right code." if state == "rerun" else ".")
            run = Run(s, option, v, title, spoken.format(v=v), config, day, end, state)
            if state == "wrong":
                run.reason = reasons.pop()
            if state not in ("stopped", "nan"):
                self.arrays(run)
            if state == "wrong":  # Too good to be true.
                run.acc = [round(a + 3.1, 3) for a in run.acc]
                run.acc[0] = min(run.acc[0], 99.1)
            self.runs.append(run)
        plain = [r for r in self.runs if r.state == "ok"]
        for run in rng.sample(plain, 2):
            run.words_epochs, run.config["epochs_base"] = "100", rng.choice(["30", "60"])
        left = [r for r in plain if not r.words_epochs and r.option not in ("lr_base", "decay")]
        one, two = rng.sample(left, 2)
        one.twice, two.swapped = True, True
        same = [(a, b) for a, b in zip(self.runs, self.runs[1:], strict=False) if a.study == b.study]
        same = [(a, b) for a, b in same if a.plain and b.plain and not any(r is s for r in (one, two) for s in (a, b))]
        same = [(a, b) for a, b in same if not (a.words_epochs or b.words_epochs)]
        if same:
            a, b = rng.choice(same)
            b.day, b.end, a.pair, b.pair = a.day, a.end, 1, 2

    def write_runs(self) -> None:
        """Server and Experiments."""
        rng = self.rng
        seen_study: set[int] = set()
        held: list[str] = []
        for n, run in enumerate(self.runs):
            if run.study not in seen_study:
                seen_study.add(run.study)
                reason = STUDIES[run.study][5]
                self.put("Scratch", run.day, f"- Will vary `{run.option}`: {reason}.")
                if rng.random() < 0.6:
                    texts = ["why did I vary the option {}?", "Reason for the {} series?", "What made us vary {}?"]
                    text = rng.choice(texts).format(run.option)
                    places = [[f"Scratch#{self.heading('Scratch', run.day)}"]]
                    allowed = ["Server#", "Experiments#"]
                    self.ask("why", text, ("text",), must=[[reason]], sections=places, allowed=allowed)
            part = (run.day - self.start).days / (self.last - self.start).days
            said = run.title + (f" {run.words_epochs} epochs." if run.words_epochs else "")
            said += " lr 0.0005, decay 0.005." if run.swapped else ""
            names = [o for o in ORDER if o in run.config]
            glue = "\\" if part < 0.25 else " \\"
            command = [f"  -{o} {run.config[o]}" for o in names]
            command = [line + glue for line in command[:-1]] + [command[-1] + (" \\" if part < 0.25 else "")]
            fence = [
                "```sh full config" if part < 0.4 else "```sh gsc2.sh",
                f"python train.py {run.config['project']} \\",
            ]
            box = "[x]" if run.state not in ("stopped", "nan") else rng.choice(["[-]", "[x]"])
            entry = [f"- {box} {said}"]
            if rng.random() < 0.4:
                hubs = ("Scratch", "Server", "Experiments", *MONTHS)
                known = [k for k in self.pages if k not in hubs and min(self.pages[k]) <= run.day]
                note = rng.choice(known or ["feature_residual"])
                entry += ["  > [!note]", f"  > Code : {self.link(note, min(self.pages.get(note, {run.day: []})))}"]
            entry += ["", *fence, *command, "```"]
            if run.state == "stopped":
                entry.append("Stopped, the card was needed by somebody else.")
            elif run.state == "nan":
                entry.append("NaN occurs.")
            else:
                entry += ["> [!note] Result", f"> {self.link('Experiments', run.end)}"]
            if run.pair == 1:
                entry[0] = f"- {box} {run.title.rstrip('.')} and {self.runs[n + 1].value}."
                held = [*entry[: entry.index("```")], ""]
                run.places.append(f"Server#{self.heading('Server', run.day)}")
            elif run.pair == 2:
                run.places.append(self.put("Server", run.day, *held, *entry[entry.index(fence[1]) :], "---"))
            else:
                run.places.append(self.put("Server", run.day, *entry, "---"))
            self.write_result(run, said, part, n)

    def write_result(self, run: Run, said: str, part: float, n: int) -> None:
        """The record in Experiments."""
        rng = self.rng
        server = f"> Server : {self.link('Server', run.day)}"
        before = self.runs[n - 1]
        after_it = before.study == run.study and before.end == run.end and before.state == "ok" and run.plain
        if after_it and said == run.title and part >= 0.3:
            said = f"Same setting with the experiment above, `{run.option}` {run.value}."
        if run.state in ("stopped", "nan"):
            word = "Stopped." if run.state == "stopped" else "NaN occurs, no result."
            run.places.append(self.put("Experiments", run.end, f"> {said}", server, f"> {word}", ""))
            return
        body = [array(run.acc), "Seen acc:", array(run.seen), "Unseen acc:", array(run.unseen), "Harmonic mean:"]
        body.append(array(run.harm))
        lines: list[str] = []
        if part < 0.3 and run.state == "ok" and not run.twice:
            lines = [f"```txt {said}", *body, "```" if rng.random() < 0.7 else ""]
            if not lines[-1]:
                lines[-2:] = [body[-1] + "```"]
        else:
            if run.state == "wrong":
                lines.append(f"> [!fail] {run.reason[0]}")
            if rng.random() < 0.25:
                lines += ["> [!note] Config", f"> {said}", server]
            else:
                lines += [f"> {said}", server]
            if run.twice:
                lower = [round(v - 0.417, 3) for v in run.acc]
                lines += ["Result with best fifth session", *body, "", "Final result", array(lower), *body[1:]]
            else:
                lines += body
        if rng.random() < 0.3:
            lines.append(rng.choice(["- As expected.", "- Hm.", "- Should look at the embeddings.", "- Ok."]))
        older = sorted(d for d in self.pages.get("Experiments", {}) if d < run.day)
        if run.state == "rerun" and older and part < 0.9:  # Under an older day, the suffix is the effective date.
            sub = f"Results-{run.end:%Y/%m/%d}"
            run.places.append(f"Experiments#{sub}")
            run.places.append(self.put("Experiments", older[-1], f"### {sub}", *lines, ""))
            return
        run.places.append(self.put("Experiments", run.end, *lines, ""))

    # -- to-do -------------------------------------------------------------------------------------------------

    def plan_tasks(self) -> None:
        """Tasks, their states, and where each stands last."""
        rng = self.rng
        picked = rng.sample(TASKS, 26)
        states = ["x"] * 13 + [" "] * 6 + ["-"] * 3 + [">"] * 2 + ["~"] * 2
        rng.shuffle(states)
        listing = sorted(rng.sample(self.work, 20))
        for (category, text, key, spoken), state in zip(picked, states, strict=True):
            first = rng.choice(listing[:-2])
            later = [d for d in listing if d > first and (d - first).days < 25]
            second = rng.choice(later) if later and rng.random() < 0.55 else None
            self.tasks.append(
                {
                    "cat": category,
                    "text": text,
                    "key": key,
                    "say": spoken,
                    "state": state,
                    "first": first,
                    "last": second,
                }
            )
        boxes: dict[Day, dict[str, list[str]]] = {}
        for task in self.tasks:
            stages = [(task["first"], " " if task["last"] else task["state"])]
            if task["last"]:
                stages.append((task["last"], task["state"]))
            for day, state in stages:
                line = f"- [ ] ~~{task['text']}~~" if state == "~" else f"- [{state}] {task['text']}"
                if state == "x" and rng.random() < 0.2:
                    line = line.replace("[x] ", "[x] [!success] ")
                boxes.setdefault(day, {}).setdefault(task["cat"], []).append(line)
            day = stages[-1][0]
            task["day"] = day
            task["place"] = f"{MONTHS[day.month - 1]}#{task['cat']}-{day:%Y/%m/%d}"
        for run in rng.sample(self.runs, 9):
            if run.state == "ok":
                day = run.day
                lines = [f"- [x] Run {run.title}", f"  > Result : {self.link('Experiments', run.end)}"]
                if rng.random() < 0.5:
                    lines.insert(1, "  > [!note]")
                lines.append(f"  > Server : {self.link('Server', run.day)}")
                boxes.setdefault(day, {}).setdefault("Experiments", []).extend(lines)
        for day in sorted(boxes):
            month = MONTHS[day.month - 1]
            for category in sorted(boxes[day], key=CATEGORIES.index):
                self.put(month, day, f"### {category}-{day:%Y/%m/%d}", *boxes[day][category], "")

    def ask_tasks(self) -> None:
        """Open and done tasks."""
        rng = self.rng
        done = ["yes", "done", "finished", "completed", "[x]", "ticked"]
        undone = ["no,", "no.", "no:", "no ", "not ", "open", "ongoing", "[ ]", "[-]", "in progress", "unfinished"]
        by = {s: [t for t in self.tasks if t["state"] == s] for s in "x ->~"}
        single = rng.sample(by["x"], 3) + rng.sample(by[" "], 2) + by["-"][:1]
        for task in single:
            yes = task["state"] == "x"
            words = rng.choice(["Did I finish {}?", "is {} done?", "{}: done already?", "Is {} behind us?"])
            allowed = [task["place"].split("#")[0] + "#", f"{MONTHS[task['first'].month - 1]}#"]
            text = self.voice(words.format(task["say"]), "task")
            check = ("task", task["key"], task["state"])
            lead = [done if yes else undone]
            places = [[task["place"]]]
            self.ask("task_state", text, check, lead=lead, must=[[task["key"]]], sections=places, allowed=allowed)
        lists = [
            ("-", ["What tasks am I in the middle of?", "which to-dos are started but not finished?"]),
            (">", ["Which tasks did I defer?", "What have I put off in my to-do notes?"]),
            ("~", ["Which tasks did I strike out?", "what to-dos were cancelled"]),
        ]
        for state, texts in lists:
            text = self.voice(rng.choice(texts), "task")
            places = [[t["place"]] for t in by[state]]
            must = [[t["key"]] for t in by[state]]
            allowed = [f"{m}#" for m in MONTHS]
            self.ask("task_list", text, ("tasks", state, None), must=must, sections=places, allowed=allowed)
        for category in ("Paper", "Code", "Lab", "Study"):
            still = [t for t in by[" "] + by["-"] if t["cat"] == category]
            if still:
                text = rng.choice(["What is still open under {}?", "planning the week: open {} tasks?"]).format(
                    category
                )
                places = [[t["place"]] for t in still]
                must = [[t["key"]] for t in still]
                check = ("tasks", " -", category)
                self.ask("task_list", text, check, must=must, sections=places, allowed=[f"{m}#" for m in MONTHS])
        days = {t["day"] for t in by["x"]}
        clean = sorted(d for d in days if not any(r.day == d for r in self.runs))
        for day in rng.sample(clean, min(2, len(clean))):
            ticked = [t for t in by["x"] if t["day"] == day]
            text = f"What did I tick off in the to-do note on {self.words(day)}?"
            places = [[t["place"]] for t in ticked]
            allowed = [f"{MONTHS[day.month - 1]}#"]
            must = [[t["key"]] for t in ticked]
            self.ask("task_list", text, ("ticked", day), must=must, sections=places, allowed=allowed)
        waited = [t for t in by["x"] if t["last"] and (t["last"] - t["first"]).days > 2]
        for task in rng.sample(waited, min(2, len(waited))):
            when = task["last"] - dt.timedelta(days=1)
            places = [[f"{MONTHS[task['first'].month - 1]}#{task['cat']}-{task['first']:%Y/%m/%d}"]]
            text = f"By {self.words(when)}, was {task['say']} finished?"
            allowed = [f"{MONTHS[task['first'].month - 1]}#"]
            self.ask(
                "as_of",
                text,
                ("text",),
                as_of=when.isoformat(),
                lead=[undone],
                must=[[task["key"]]],
                sections=places,
                allowed=allowed,
            )

    # -- questions on runs -------------------------------------------------------------------------------------

    def inside(self, begin: Day, end: Day) -> list[Run] | None:
        """The runs of an interval, or None where start and result fall on two sides of its border."""
        found = []
        for run in self.runs:
            hits = [begin <= d <= end for d in (run.day, run.end)]
            if any(hits) != all(hits):
                return None
            if all(hits):
                found.append(run)
        return found

    def on_runs(
        self, kind: str, text: str, check: tuple, cited: list[Run], near: list[Run] | None = None, **gold: object
    ) -> None:
        """A question that the records of some runs answer; near: runs that may be shown beside them."""
        allowed = [f"{MONTHS[r.day.month - 1]}#Experiments-{r.day:%Y/%m/%d}" for r in cited]
        allowed += [p for r in near or [] for p in r.places]
        self.ask(kind, text, check, sections=[r.places for r in cited], allowed=allowed, **gold)

    def ask_runs_in(self, kind: str, text: str, begin: Day, end: Day) -> bool:
        """A question on what ran from a day to a day."""
        runs = self.inside(begin, end)
        if not runs or len(runs) > 7:
            return False
        before = len(self.questions)
        self.on_runs(kind, text, ("interval", begin, end), must=[r.forms() for r in runs], cited=runs)
        return len(self.questions) > before

    def series(self, run: Run) -> str:
        """A series by its option; with the model where all commands have the option."""
        common = run.option in ("decay", "lr_base", "batch_size_base")
        return f"{STUDIES[run.study][1].lower()} {run.option}" if common else run.option

    def ask_intervals(self) -> None:
        """Days, weeks, months; and those when nothing ran."""
        rng, one = self.rng, dt.timedelta(days=1)
        monday = self.today - 7 * one
        text = rng.choice(
            ["What ran on the server last week?", "last week's runs?", "Which experiments did I run last week?"]
        )
        self.ask_runs_in("runs_relative", text, monday, self.last)
        text = rng.choice(
            ["And the week before last, what did I train?", "What did the GPU do in the week before last?"]
        )
        self.ask_runs_in("runs_relative", text, monday - 7 * one, monday - one)
        for back in rng.sample(range(1, 6), 5):
            day = self.last - (6 - back) * one
            if self.ask_runs_in("runs_relative", f"What did we run last {day:%A}?", day, day):
                break
        got = 0
        days = sorted({r.day for r in self.runs})
        for day in rng.sample(days, len(days)):
            texts = ["What ran on {}?", "runs of {}", "which jobs did the server get on {}?", "experiments on {} pls"]
            got += self.ask_runs_in("runs_day", rng.choice(texts).format(self.words(day)), day, day)
            if got == 4:
                break
        got = 0
        weeks = [self.start + 7 * i * one for i in range((self.last - self.start).days // 7)]
        for week in rng.sample(weeks, len(weeks)):
            texts = [
                "What did I run in the week of {}?",
                "runs in the week that starts on {}",
                "Could you list me what was trained in the week of {}?",
            ]
            got += self.ask_runs_in("runs_week", rng.choice(texts).format(self.words(week)), week, week + 6 * one)
            if got == 3:
                break
        got = 0
        for _ in range(60):
            begin = rng.choice(self.work[:-6])
            end = begin + rng.randint(2, 6) * one
            texts = [
                "What ran between {} and {}?",
                "runs from {} to {}",
                "What was run from {} until {}, both included?",
            ]
            if end < self.today:
                style = rng.randrange(4)
                text = rng.choice(texts).format(self.words(begin, style), self.words(end, style))
                got += self.ask_runs_in("runs_range", text, begin, end)
            if got == 3:
                break
        got = 0
        for year, month in sorted({(r.day.year, r.day.month) for r in self.runs}):
            for layer in rng.sample(sorted({r.config["project"] for r in self.runs}), 3):
                hit = [r for r in self.runs if r.config["project"] == layer and r.day.month == month]
                if not 0 < len(hit) < 6 or any(r.end.month != month for r in hit) or got == 3:
                    continue
                texts = ["Which runs of project {} do I have from {}?", "{} project: what was run in {}?"]
                text = rng.choice(texts).format(layer, MONTHS[month - 1])
                check = ("month", year, month, "project", layer)
                self.on_runs("runs_month", text, check, must=[r.forms() for r in hit], cited=hit)
                got += 1
                break
        self.ask_none()

    def ask_none(self) -> None:
        """Times when nothing ran."""
        rng, one = self.rng, dt.timedelta(days=1)
        spans = []
        for day in rng.sample(self.gap, 2):
            text = rng.choice(["What ran on {}?", "did the GPU do anything on {}"]).format(self.words(day))
            spans.append((day, day, text))
        begin, end = self.gap[0], self.gap[-1]
        spans.append((begin, end, f"Was anything trained between {self.words(begin, 0)} and {self.words(end, 0)}?"))
        spans.append((self.last, self.last, rng.choice(["What did I run yesterday?", "runs from yesterday?"])))
        for begin, end, text in spans:
            if self.inside(begin, end) == []:
                self.ask("none_run", text, ("interval", begin, end), answered=False)
        weeks = [self.start + 7 * i * one for i in range((self.last - self.start).days // 7)]
        for week in rng.sample(weeks, len(weeks)):
            runs = self.inside(week, week + 6 * one)
            project = rng.choice(["teen", "fact", "comp", "primitive"])
            known = [r for r in self.runs if r.config["project"] == project]
            if runs and known and not any(r in known for r in runs):
                text = f"Any runs of project {project} in the week of {self.words(week)}?"
                check = ("none", week, week + 6 * one, "project", project)
                self.ask("none_run", text, check, answered=False)
                break

    def ask_extremes(self) -> None:
        """Best, worst, first, last, how many."""
        rng = self.rng
        studies = sorted({r.study for r in self.runs})
        pure = [
            s for s in studies if not any(r.twice or r.state in ("wrong", "rerun") for r in self.runs if r.study == s)
        ]
        metrics = [
            ("acc", "accuracy after the last session"),
            ("harm", "harmonic mean in the last session"),
            ("unseen", "unseen accuracy in the last session"),
        ]
        for n, s in enumerate(rng.sample(pure, min(5, len(pure)))):
            name, said = metrics[n % 3]
            runs = [r for r in self.runs if r.study == s and r.state == "ok"]
            high = n < 3
            top = (max if high else min)(runs, key=lambda r, name=name: getattr(r, name)[-1])
            texts = (
                [
                    "Which run of the {o} series has the best {m}?",
                    "best run of the {o} series by {m}?",
                    "Of the {o} series, which run got the highest {m}?",
                ]
                if high
                else ["Which run of the {o} series was worst, by {m}?", "lowest {m} in the {o} series, which run?"]
            )
            text = self.voice(rng.choice(texts).format(o=self.series(top), m=said))
            must = [top.forms(), [show(getattr(top, name)[-1])]]
            check = ("extreme", top.option, name, high)
            self.on_runs("best" if high else "worst", text, check, must=must, cited=[top], near=runs)
        for s in rng.sample([s for s in studies if any(r.state == "rerun" for r in self.runs if r.study == s)], 2):
            runs = [r for r in self.runs if r.study == s and r.state in ("ok", "rerun")]
            if any(r.twice for r in runs):
                continue
            top = max(runs, key=lambda r: r.acc[-1])
            text = rng.choice(
                [
                    "Leaving out the wrong results, which run of the {} series has the best last-session accuracy?",
                    "best last-session accuracy in the {} series that still counts, i.e. not marked as fail?",
                ]
            ).format(self.series(top))
            near = [r for r in self.runs if r.study == s]
            check = ("extreme", top.option, "acc", True)
            self.on_runs("best", text, check, must=[top.forms(), [show(top.acc[-1])]], cited=[top], near=near)
        every = [r for r in self.runs if r.state in ("ok", "rerun")]
        top = max(every, key=lambda r: r.acc[-1])
        if not top.twice:
            text = "Which run has the highest accuracy after the last session, of all that are not marked as wrong?"
            must = [top.forms(), [show(top.acc[-1])]]
            self.on_runs("best", text, ("extreme", "", "acc", True), must=must, cited=[top])
        for s in rng.sample(studies, 3):
            runs = [r for r in self.runs if r.study == s]
            for first in (True, False):
                day = min(r.day for r in runs) if first else max(r.day for r in runs)
                hit = [r for r in runs if r.day == day]
                if len(hit) > 1 or rng.random() < 0.3:
                    continue
                texts = (
                    ["What was the first run of the {} series?", "Which value did I try first in the {} series?"]
                    if first
                    else ["What was the last run of the {} series?", "most recent run of the {} series?"]
                )
                text = self.voice(rng.choice(texts).format(self.series(hit[0])))
                check = ("edge", hit[0].option, first)
                must = [hit[0].forms()]
                self.on_runs("first" if first else "last", text, check, must=must, cited=[hit[0]], near=runs)
        for project in rng.sample(sorted({r.config["project"] for r in self.runs}), 3):
            count = sum(r.config["project"] == project for r in self.runs)
            if any(r.pair and r.config["project"] == project for r in self.runs):
                continue
            text = f"How many runs of project {project} did I start in all, broken ones included?"
            check = ("count", "project", project, None, None)
            self.ask("count", text, check, lead=[number_forms(count)], allowed=["Server#", "Experiments#"])
        for layer in ("GRU", "Transformer"):
            count = sum(layer in r.config["sequential_layer"] for r in self.runs)
            if count and not any(r.pair and layer in r.config["sequential_layer"] for r in self.runs):
                text = rng.choice(
                    [
                        "number of runs started with sequential_layer {}?",
                        "How many jobs with a {} as sequential_layer so far?",
                    ]
                ).format(layer)
                check = ("count", "sequential_layer", layer, None, None)
                self.ask("count", text, check, lead=[number_forms(count)], allowed=["Server#", "Experiments#"])
        for year, month in sorted({(r.day.year, r.day.month) for r in self.runs})[1:2]:
            runs = [r for r in self.runs if r.day.month == month]
            if all(r.end.month == month and not r.pair for r in runs) and not any(
                r.end.month == month != r.day.month for r in self.runs
            ):
                text = f"How many runs did I start in {MONTHS[month - 1]}, stopped and failed ones included?"
                check = ("count", "", "", year, month)
                self.ask("count", text, check, lead=[number_forms(len(runs))], allowed=["Server#", "Experiments#"])

    def ask_figures(self) -> None:
        """Comparisons, effects, figures, options, endings."""
        rng = self.rng
        plain = [r for r in self.runs if r.plain and not r.words_epochs and not r.swapped]
        others = {(r.study, r.value) for r in self.runs if r.state in ("wrong", "rerun")}
        plain = [r for r in plain if (r.study, r.value) not in others]
        for _ in range(5):
            a, b = rng.sample(plain, 2)
            if a.study == b.study:
                continue
            name, said = rng.choice(
                [("acc", "accuracy after the last session"), ("harm", "harmonic mean in the last session")]
            )
            texts = [
                "Compare the {a} with the {b}, by {m}.",
                "{m}: {a} or {b}, who wins?",
                "Which is better in {m}, the {a} or the {b}?",
            ]
            must = [[show(getattr(a, name)[-1])], [show(getattr(b, name)[-1])]]
            text = rng.choice(texts).format(a=a.spoken, b=b.spoken, m=said)
            check = ("figures", (a.title, name, -1), (b.title, name, -1))
            self.on_runs("compare", text, check, must=must, cited=[a, b])
        for s in rng.sample(sorted({r.study for r in plain}), min(6, len({r.study for r in plain}))):
            runs = [r for r in plain if r.study == s]
            if len(runs) < 2:
                continue
            a, b = sorted(rng.sample(runs, 2), key=lambda r: float(r.value))
            name, said = rng.choice(
                [("acc", "last-session accuracy"), ("unseen", "unseen accuracy in the last session")]
            )
            texts = [
                "What did going from {o} {a} to {b} do to the {m}?",
                "effect of {o} {a} -> {b} on {m}",
                "How does the {m} change if {o} is {b} instead of {a}?",
            ]
            text = self.voice(rng.choice(texts).format(o=a.option, a=a.value, b=b.value, m=said))
            must = [[show(getattr(a, name)[-1])], [show(getattr(b, name)[-1])]]
            check = ("figures", (a.title, name, -1), (b.title, name, -1))
            self.on_runs("effect", text, check, must=must, cited=[a, b], near=[r for r in self.runs if r.study == s])
        wheres = [
            ("acc", 0, "accuracy after the base session"),
            ("acc", -1, "accuracy after the last session"),
            ("unseen", 0, "unseen accuracy in the first incremental session"),
            ("seen", -1, "seen accuracy in the last session"),
            ("harm", -1, "harmonic mean of the last session"),
        ]
        for run, (name, at, said) in zip(rng.sample(plain, 5), wheres, strict=True):
            texts = ["What was the {m} of the {r}?", "{m}, {r}?", "The {r}, how much is the {m}?"]
            text = self.voice(rng.choice(texts).format(m=said, r=run.spoken))
            check = ("figures", (run.title, name, at))
            self.on_runs("run_figure", text, check, lead=[[show(getattr(run, name)[at])]], cited=[run])
        for run in rng.sample(plain, 4):
            option = rng.choice([o for o in ("lr_base", "decay", "epochs_base", "batch_size_base") if o != run.option])
            texts = ["Which {o} did the {r} have?", "{o} of the {r}?", "What was {o} set to in the {r}?"]
            text = rng.choice(texts).format(o=option, r=run.spoken)
            check = ("option", run.title, option)
            lead = [[run.config[option]]]
            self.ask("run_option", text, check, lead=lead, sections=[[run.places[0]]], allowed=run.places)
        run = rng.choice(plain)
        must = [[f"-{run.option} {run.config[run.option]}"], [f"python train.py {run.config['project']}"]]
        text = f"Give me the command of the {run.spoken}, I want to start it again."
        check = ("option", run.title, run.option)
        self.ask("run_option", text, check, must=must, sections=[[run.places[0]]], allowed=run.places)
        for run in self.runs:
            if run.words_epochs:
                texts = ["How many epochs was the {} trained for?", "epochs of the {}?"]
                must = [[run.words_epochs], [run.config["epochs_base"]]]
                text = rng.choice(texts).format(run.spoken)
                check = ("slip", run.title)
                self.ask("contradiction", text, check, must=must, sections=[[run.places[0]]], allowed=run.places)
            if run.swapped:
                text = f"What learning rate did the {run.spoken} have, going by the description and by the command?"
                check = ("option", run.title, "lr_base")
                must = [["0.005"], ["0.0005"]]
                self.ask("contradiction", text, check, must=must, sections=[[run.places[0]]], allowed=run.places)
            if run.state == "wrong":
                texts = [
                    "Can I trust the first result of the {}?",
                    "is the first result of the {} usable for the paper?",
                ]
                allowed = [p for r in self.runs if (r.study, r.value) == (run.study, run.value) for p in r.places]
                text = rng.choice(texts).format(run.spoken)
                must = [[run.reason[1]]]
                places = [[run.places[1]]]
                lead = [bare_forms(NO)]
                self.ask("retraction", text, ("text",), must=must, lead=lead, sections=places, allowed=allowed)
            if run.state == "rerun":
                texts = [
                    "What is the valid accuracy after the last session for the {}?",
                    "{}: last session accuracy that counts?",
                ]
                near = [r for r in self.runs if (r.study, r.value) == (run.study, run.value)]
                text = rng.choice(texts).format(run.spoken)
                check = ("figures", (run.title, "acc", -1))
                self.on_runs("retraction", text, check, lead=[[show(run.acc[-1])]], cited=[run], near=near)
            if run.state in ("stopped", "nan"):
                texts = ["How did the {} end?", "what came out of the {}?"]
                must = [["stopped"] if run.state == "stopped" else ["nan"]]
                self.on_runs("run_end", rng.choice(texts).format(run.spoken), ("text",), must=must, cited=[run])
        for _ in range(2):
            s = rng.choice(sorted({r.study for r in plain}))
            runs = sorted((r for r in self.runs if r.study == s), key=lambda r: r.day)
            if runs[0].day < runs[-1].day and not any(r.state in ("wrong", "rerun", "nan") for r in runs):
                when = runs[0].end
                hit = [r for r in runs if r.end <= when and r.day <= when]
                if any(r.day <= when < r.end for r in runs):
                    continue
                self.ask(
                    "as_of",
                    f"As of {self.words(when)}, which runs of the {self.series(runs[0])} series did I have?",
                    ("upto", runs[0].option, when),
                    as_of=when.isoformat(),
                    must=[r.forms() for r in hit],
                    never=[f"`{r.option}` {r.value}" for r in runs if r not in hit and len(r.value) > 1],
                    sections=[r.places for r in hit],
                )
        misses = [
            ("How long did the {} take on the GPU?", r"took \d+ (h|min)|\d+ hours? on"),
            ("Which random seed was given in the {}?", r"-seed"),
            ("What AUC did the {} get?", r"\bauc\b"),
            ("peak GPU memory of the {}?", r"\bpeak|memory"),
            ("What was the training loss of the {} at the end?", r"final loss|training loss"),
            ("On which card did the {} train?", r"-gpu|RTX|A100|V100"),
        ]
        for text, pattern in rng.sample(misses, 4):
            check = ("miss", "Experiments+Server", pattern)
            self.ask("near_miss", text.format(rng.choice(plain).spoken), check, answered=False)
        left = [o for o in NEVER_RUN if any(r.option == o for r in self.runs)]
        for option in rng.sample(left, min(2, len(left))):
            value = NEVER_RUN[option]
            text = rng.choice(["What accuracy did we get with {} {}?", "harmonic mean at {} {}?"]).format(option, value)
            self.ask("near_miss", text, ("unrun", option, value), answered=False)

    # -- all ---------------------------------------------------------------------------------------------------

    def build(self) -> None:
        """Plans everything and gathers the questions."""
        rng = self.rng
        self.plan_runs()
        months = len({(d.year, d.month) for d in self.work})
        told = rng.sample(STORIES, min(len(STORIES), max(1, min(24, self.notes - 3 - months - 2))))
        for story in told:
            self.tell(story)
        self.write_runs()
        self.plan_tasks()
        for d in self.work:
            if rng.random() < 0.55:
                self.put("Scratch", d, *[f"- {self.slip(t, [])}" for t in rng.sample(FILLER, rng.randint(1, 2))])
        self.put("Scratch", self.gap[1], "- Machine room is closed for maintenance. Reading at home.")
        self.ask_tasks()
        self.ask_intervals()
        self.ask_extremes()
        self.ask_figures()
        self.thin()
        for text, pattern in rng.sample(ABSENT, 12):
            self.ask("absent", self.voice(text), ("absent", pattern), answered=False)
        rng.shuffle(self.questions)

    def thin(self) -> None:
        """Keeps the number of questions on the topics in bounds, all kinds kept."""
        caps = dict.fromkeys(["why", "how", "debug", "status", "as_of", "retraction", "task_state"], 5)
        caps |= dict.fromkeys(
            ["note_figure", "next_step", "best", "task_list", "effect", "run_figure", "run_option"], 4
        )
        caps |= dict.fromkeys(["idea", "count", "compare", "contradiction", "runs_day", "none_run"], 3)
        caps |= {"near_miss": 14, "run_end": 1, "worst": 1, "runs_range": 2, "runs_week": 3}
        kept: list[Question] = []
        used: dict[str, int] = {}
        for question in self.rng.sample(self.questions, len(self.questions)):
            used[question.kind] = used.get(question.kind, 0) + 1
            if used[question.kind] <= caps.get(question.kind, 99):
                kept.append(question)
        self.questions = kept

    def write(self, out: Path) -> None:
        """The Markdown files."""
        out.mkdir(parents=True, exist_ok=True)
        extra = ["Reading list", "Mic setup", "Glossary", "Old ideas", "Names of losses", "Inbox", "Weekly", "Drafts"]
        extra += ["Colours", "scratch_code", "Phone notes", "Shelf"]
        for name in extra[: max(0, self.notes - len(self.pages))]:
            for day in self.rng.sample(self.work, self.rng.randint(1, 5)):
                self.put(name, day, *[f"- {t}" for t in self.rng.sample(FILLER, self.rng.randint(1, 4))])
            if name == "Names of losses":
                day = min(self.pages[name])
                self.put(
                    name,
                    day,
                    "",
                    "| name | in prose |",
                    "|---|---|",
                    "| `loss_lpc` | lpc_loss |",
                    "| `a_freq` | formant |",
                )
        for note in sorted(self.pages):
            lines = ["---", f"id: {note}", "aliases: []", "tags: []", "---", "", f"# {note}", ""]
            if note == "Experiments":
                lines += ["```", "| what | where |", "|---|---|"]
                days = sorted(self.pages[note])[:2]
                lines += [f"| {d.strftime('%b')} start | [[#{self.heading(note, d)}]] |" for d in days] + ["```", ""]
            for day in sorted(self.pages[note]):
                tail = " " if self.rng.random() < 0.25 else ""
                lines += [f"## {self.heading(note, day)}{tail}", *self.pages[note][day], ""]
            (out / f"{note}.md").write_text("\n".join(lines) + "\n", "utf-8")


def number_forms(count: int) -> list[str]:
    """A count in figures or in words."""
    names = re.findall(r"\w+", "zero one two three four five six seven eight nine ten eleven twelve")
    forms = [
        f"{count} run",
        f" {count} ",
        f"{count} job",
        f"{count} record",
        f"{count} entr",
        f"{count} exper",
        f"{count} train",
    ]
    forms += [f" {count}.", f" {count}:", f" {count},", f"**{count}", f"{count} (", f"{count} match", f"{count} start"]
    return forms + ([names[count]] if count < len(names) else [])


# -- the independent look ------------------------------------------------------------------------------------------


@dataclass
class Logged:
    """A run as the written notes show it."""

    day: Day
    title: str
    said: str
    options: dict[str, str]
    figures: dict[str, list[float]] = field(default_factory=dict)
    bad: bool = False


def sections_of(path: Path) -> dict[str, str]:
    """Heading -> text below it; a day holds its sub-sections too."""
    found: dict[str, list[str]] = {}
    day = inner = ""
    for line in path.read_text("utf-8").split("\n"):
        match = re.match(r"(##+) (.+)", line)
        if match:
            inner = match[2].strip()
            if match[1] == "##":
                day = inner
            if inner in found:
                raise ValueError(f"two headings {inner} in {path.name}")
            found[inner] = []
            continue
        if inner:
            found[inner].append(line)
            if day != inner:
                found[day].append(line)
    return {head: "\n".join(lines) for head, lines in found.items()}


def flat(text: str) -> str:
    """Small letters, single blanks."""
    return re.sub(r"\s+", " ", text).lower()


def read_log(vault: Path) -> list[Logged]:
    """The runs that Server.md lists, joined with their figures in Experiments.md."""
    runs: list[Logged] = []
    day, waiting, filled = Day.min, runs, Logged(Day.min, "", "", {})
    for line in (vault / "Server.md").read_text("utf-8").split("\n"):
        if match := re.match(r"## (\d{4})\D?(\d\d)\D?(\d\d)", line):
            day = Day(*map(int, match.groups()))
        elif match := re.match(r"- \[.\] (.+)", line):
            said = match[1]
            runs.append(Logged(day, re.sub(r" (\d+ epochs|lr \S+, decay \S+)\.$", "", said), said, {}))
            both = re.match(r"(.+, `\w+`) (\S+) and (\S+)\.$", said)
            if both:
                runs[-1:] = [Logged(day, f"{both[1]} {v}.", f"{both[1]} {v}.", {}) for v in both.groups()[1:]]
            waiting = runs[-2:] if both else runs[-1:]
        elif line.startswith("python train.py"):
            filled = waiting.pop(0)
        elif match := re.match(r"  -(\w+) (.+?) ?\\?$", line):
            filled.options[match[1]] = match[2].strip("'")
    current: Logged | None = None
    label, fail = "acc", False
    for line in (vault / "Experiments.md").read_text("utf-8").split("\n"):
        text = re.sub(r"^(> |```txt )", "", line)
        if text.startswith("[!fail]"):
            fail = True
        same = re.match(r"Same setting with the experiment above, (`\w+` [\d.]+)\.$", text)
        named = [r for r in runs if r.said == text or (same and r.title.endswith(f"{same[1]}."))]
        if named:
            current, label = named[0], "acc"
            current.bad = fail
            fail = False
        for word, name in (("Seen", "seen"), ("Unseen", "unseen"), ("Harmonic", "harm"), ("Final result", "acc")):
            label = name if line.startswith(word) else label
        if match := re.match(r"\[([\d., ]+)\]", line):
            assert current is not None
            current.figures.setdefault(label, [float(v) for v in match[1].split(",")])
    return runs


def wrong_with(question: Question, check: tuple, vault: Path, runs: list[Logged]) -> str:
    """What speaks against a gold, or nothing."""
    texts = {path.stem: sections_of(path) for path in vault.glob("*.md")}
    whole = "\n".join(path.read_text("utf-8") for path in sorted(vault.glob("*.md")))
    if not question.answered and question.kind != "none_run":
        if check[0] == "absent":
            return "present" if re.search(check[1], whole, re.I) else ""
        if check[0] == "unrun":
            return "run" if any(r.options.get(check[1]) == check[2] for r in runs) else ""
        text = "\n".join((vault / f"{n}.md").read_text("utf-8").split("---", 2)[2] for n in check[1].split("+"))
        return f"present in {check[1]}" if re.search(check[2], text, re.I) else ""
    for group in question.sections:
        for place in group:
            note, _, head = place.partition("#")
            if head not in texts.get(note, {}):
                return f"no place {place}"
    cited = flat("\n".join(texts[p.split("#")[0]][p.split("#")[1]] for g in question.sections for p in g))
    for forms in question.must:
        if question.sections and not any(flat(form) in cited for form in forms):
            return f"{forms} not in the cited sections"
    if any(flat(text) in flat(question.question) for text in question.never):
        return "the question holds a text that may not be shown"

    def titles(found: list[Logged]) -> str:
        bare = {r.title.rstrip(".") for r in found}
        gold = {forms[0] for forms in question.must}
        return "" if bare == gold else f"{sorted(bare)} is not {sorted(gold)}"

    kind = check[0] if check else ""
    if kind == "interval":
        return titles([r for r in runs if check[1] <= r.day <= check[2]])
    if kind == "none":
        return titles([r for r in runs if check[1] <= r.day <= check[2] and r.options[check[3]] == check[4]])
    if kind == "month":
        _, year, month, option, value = check
        return titles([r for r in runs if (r.day.year, r.day.month) == (year, month) and r.options[option] == value])
    if kind == "upto":
        return titles([r for r in runs if f"`{check[1]}`" in r.title and r.day <= check[2]])
    if kind == "extreme":
        good = [r for r in runs if f"`{check[1]}" in r.title and not r.bad and r.figures]
        top = (max if check[3] else min)(good, key=lambda r: r.figures[check[2]][-1])
        right = top.title.rstrip(".") == question.must[0][0] and show(top.figures[check[2]][-1]) == question.must[1][0]
        return "" if right else f"{top.title} is the one"
    if kind == "edge":
        series = [r for r in runs if f"`{check[1]}`" in r.title]
        one = (min if check[2] else max)(series, key=lambda r: r.day)
        return "" if one.title.rstrip(".") == question.must[0][0] else f"{one.title} is the one"
    if kind == "count":
        _, option, value, year, month = check
        hits = [r for r in runs if not option or r.options[option] == value]
        hits = [r for r in hits if not month or (r.day.year, r.day.month) == (year, month)]
        return "" if f"{len(hits)} run" == question.lead[0][0] else f"counted {len(hits)}"
    if kind == "figures":
        gold = question.must or question.lead
        for (title, name, at), forms in zip(check[1:], gold, strict=True):
            run = next(r for r in runs if r.title == title)
            if run.bad or show(run.figures[name][at]) != forms[0]:
                return f"{title} has {run.figures[name][at]}"
        return ""
    if kind == "option":
        run = next(r for r in runs if r.title == check[1])
        value = run.options[check[2]]
        return "" if value in (question.lead or question.must)[0][0] else f"{check[2]} is {value}"
    if kind == "slip":
        run = next(r for r in runs if r.title == check[1])
        return "" if run.options["epochs_base"] == question.must[1][0] != question.must[0][0] else "no slip"
    if kind in ("task", "tasks", "ticked"):
        return wrong_task(question, check, texts)
    return ""


def wrong_task(question: Question, check: tuple, texts: dict[str, dict[str, str]]) -> str:
    """The same for tasks: the last state of each, read from the month notes."""
    last: dict[str, tuple[str, str, str]] = {}  # text -> day, state, category
    for month in MONTHS:
        for head, text in sorted(texts.get(month, {}).items(), key=lambda item: item[0][-10:]):
            if match := re.match(r"(\w+)-(\d{4}/\d\d/\d\d)$", head):
                for state, task in re.findall(r"^- \[(.)\] (.+)$", text, re.M):
                    struck = task.startswith("~~")
                    task = task.replace("[!success] ", "")
                    last[task.strip("~")] = (match[2], "~" if struck else state, match[1])
    if check[0] == "task":
        states = [s for t, (_, s, _) in last.items() if check[1].lower() in t.lower()]
        return "" if states == [check[2]] else f"state {states}"
    if check[0] == "tasks":
        hits = [t for t, (_, s, c) in last.items() if s in check[1] and (check[2] is None or c == check[2])]
    else:
        hits = [t for t, (d, s, _) in last.items() if s == "x" and d == check[1].strftime("%Y/%m/%d")]
    same = len(hits) == len(question.must) and all(any(m[0].lower() in t.lower() for t in hits) for m in question.must)
    return "" if same else f"{hits} are the tasks"


def make_journal(out: Path, seed: int, notes: int) -> list[Question]:
    """Writes the vault into out; the questions with their gold."""
    journal = Journal(seed, notes)
    journal.build()
    journal.write(out)
    return journal.questions


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--notes", type=int, default=40)
    parser.add_argument("--verify", action="store_true")
    args = parser.parse_args()
    journal = Journal(args.seed, args.notes)
    journal.build()
    vault = args.out / "vault"
    journal.write(vault)
    lines = [json.dumps(q.to_json(), ensure_ascii=False) for q in journal.questions]
    (args.out / "questions.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    if not args.verify:
        return 0
    runs = read_log(vault)
    wrong = 0
    for question in journal.questions:
        why = wrong_with(question, journal.checks[question.id], vault, runs)
        if why:
            wrong += 1
            sys.stdout.write(f"{question.id} {question.kind}: {question.question}: {why}\n")
    sys.stdout.write(f"seed {args.seed}: {len(journal.questions)} questions, {wrong} wrong\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
