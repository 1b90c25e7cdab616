"""A journal of a speech lab at a harbour, with questions and gold answers: stories, campaigns of runs, to-dos, papers.

fieldbook.py OUT --seed N --notes M [--verify] writes OUT/vault and OUT/questions.jsonl.
"""

from __future__ import annotations

import argparse
import datetime
import json
import random
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from generate import Question

Day = datetime.date
YES = ["yes", "done", "finished", "[x]", "ticked", "completed"]
OPEN = ["ongoing", "not done", "not finished", "not yet", "open", "[-]", "[ ]", "in progress", "unfinished", "never"]
NONE = ["no run", "nothing", "no experiment", "none", "not run", "no logged", "0 runs", "no job", "no entr"]


@dataclass
class Ask:
    """A question of a story: wordings, what the answer holds ("a|b" is a choice), the entries that hold it."""

    kind: str
    words: list[str]
    must: list[str]
    at: list[int]
    lead: list[str] = field(default_factory=list)
    never: list[str] = field(default_factory=list)
    also: list[int] = field(default_factory=list)
    as_of: int = -1


@dataclass
class Story:
    """What happened over some days: entries (work days after the first, note, sub-heading, text) and questions."""

    entries: list[tuple[int, str, str, str]]
    asks: list[Ask]
    refuse: list[tuple[list[str], str]] = field(default_factory=list)
    figures: dict[str, list[Any]] = field(default_factory=dict)


@dataclass
class Campaign:
    """Some runs that differ in one option."""

    note: str
    option: str
    phrase: str
    alias: str
    values: list[Any]
    idea: str
    idea_must: str
    why: list[str]
    closing: str
    next_must: str
    then: list[str]
    untried: Any


@dataclass
class Job:
    """A logged run."""

    campaign: Campaign
    value: Any
    begun: Day
    ended: Day
    options: dict[str, Any]
    said: str = ""
    overall: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    unseen: list[float] = field(default_factory=list)
    harmonic: list[float] = field(default_factory=list)
    state: str = "finished"  # finished, nan, stopped, running
    mess: str = ""
    verdict: str = ""  # Stands at the result.
    doubt: str = ""  # Stands in a later note.
    doubt_day: Day | None = None
    early: list[float] = field(default_factory=list)  # The other array set of the record.

    @property
    def key(self) -> str:
        """How a person names the run."""
        return self.campaign.phrase.replace("{v}", str(self.value))

    @property
    def forms(self) -> str:
        """Accepted spellings of the run's name."""
        o, v = self.campaign.option, self.value
        return "|".join([self.key, f"`{o}` {v}", f"{o} {v}", f"{o} = {v}", f"{o}={v}", f"{o}: {v}", f'{o} "{v}"'])

    @property
    def sound(self) -> bool:
        """Whether the result stands."""
        return self.state == "finished" and not self.verdict and not self.doubt


# Stories: "=== figures", "@ workday, note, sub-heading" and its text, "? kind, entries that hold it" with "; +" entries
# that may be cited, "; @" the as-of entry, "; =" must, "; ^" lead, "; ~" never, "::" wordings, "! absent :: refused".
STORY_TEXT = """\
=== g=31,34,37,39 n=118,143,167,209 h=12,14,16,18
@ 0 Scratch
- Listened to the ferry recordings with headphones. Half of the shouted words sound crushed.
@ 2 harbour_set Code
- The crushed sound is clipping. The gain knob of the recorder stood at {g} dB the whole trip.
> [!warning]
> {n} files of the first trip are clipped, don't train with them.
@ 7 harbour_set
- Second trip to the ferry, gain {h} dB this time. Peak is never over the limit.
- Threw the clipped files out of `harbour_list.txt`.
? why 1 ; = clipping|clipped ; = {g} db|gain :: Why did the words we taped on the ferry sound so crushed? / what made \
the ferry recordings sound bad, the shouted ones / What was the cause of the crushed sound in the ferry takes?
? figure_story 1 ; ^ {n} :: How many files of the first ferry trip are clipped? / number of clipped files, first trip?
? status 2 ; +1 ; = threw the clipped files out|threw :: Are the clipped ferry files still in the list? / do we still \
train with the clipped files or did I remove them
! zoom h|tascam|brand :: What brand is the recorder we take onto the ferry? / which recorder model did we use for the \
harbour recordings
! ticket|euro :: How much did the ferry tickets cost us?
=== w=marvin,sheila,happy,visual
@ 0 Scratch
- Confusion matrix looks insane: "{w}" is right in training, and zero percent in the test. Everything is shifted by one.
@ 1 label_map Fix
- Found it. `sorted()` puts `_silence_` first in the test list only, so each label is off by one.
- Fixed by writing the map to `labels.json` once, and reading it everywhere.
? debug 1 ; +0 ; = _silence_ ; = sorted()|sorted|first in the test list :: What was behind the labels being shifted by \
one? / the bug where {w} had zero percent in test, what was it again? / How comes that all classes were moved by one \
in the confusion matrix?
? how 1 ; +0 ; = labels.json :: How did I repair the shifted labels? / fix for the off by one label thing? / In what \
way was the label shift solved?
! %bcommit hash%b|[0-9a-f]{7}%b(?<=[a-f]) :: Which commit hash fixed the shifted labels?
=== a=19,22,26 b=71,84,95
@ 0 feature_cache
- Reading the features from the disk makes an epoch {a} seconds instead of {b}.
- Cache lives in `/data/feat_cache` on heron.
@ 4 feature_cache Fix
- The model did not change at all when I changed the hop length. The cache key had no hop length in it, so the old \
features were read.
- Key is now the hash of the whole front-end config.
> [!caution]
> Empty the cache by hand once.
? debug 1 ; = cache key had no hop length|no hop length :: I changed the hop length and nothing happened, what was \
wrong that time? / stale features bug - reason? / Why had a different hop length no influence on the model?
? how 1 ; = hash of the whole front-end config|front-end config :: What is the cache key made from now? / what goes \
into the key of the feature cache today?
? figure_story 0 ; ^ {a} :: How long does an epoch take with features read from the disk? / secs per epoch w/ cached \
features
! %bGB%b.*cache|cache.*%bGB%b :: How many gigabytes does the feature cache take up? / size of the feature cache on \
heron in GB?
=== e=7,9,11 s=1e-6,1e-5,1e-7
@ 0 Scratch
- NaN again after the {e}th epoch. Lowering the learning rate does not help at all.
@ 1 Scratch
- Printed each layer. The NaN is born in the front end already: `log(0)` for files that are digitally silent.
@ 2 front_end Fix
- Added {s} before the log. `torch.log(mel + {s})`. No NaN in a whole night.
? debug 1 ; +0,2 ; = log(0)|digitally silent :: Where did the NaN come from in the end? / root cause of nan in \
training? / What produced the NaNs that a lower learning rate did not cure?
? how 2 ; +0,1 ; = {s} :: How did I get rid of the NaN in the front end? / what constant do I add before the log now
? negative 0 ; +1,2 ; = does not help :: Did lowering the learning rate help against the NaN? / NaN: was a smaller \
learning rate any good?
! nohash :: Which files exactly were digitally silent? I need their names. / list of the digitally silent file names pls
=== p=23,26,29,31 k=3,4,5
@ 0 harbour_set
- Split of the harbour set is done. {p} speakers, all new words. Unseen accuracy is surprisingly good, I believe the \
front end generalises to the harbour.
@ 6 harbour_set Fix
- {k} speakers are in the train AND in the test list of the harbour set, under two differnet names.
> [!fail] The good harbour numbers are from leaked speakers. What I wrote in {L0} about generalising is not true.
@ 8 harbour_set
- Made the split again by speaker, checked with `check_speakers.py`: no overlap left.
? retracted 1 ; +0,2 ; = leaked speakers|not true|speakers are in the train and in the test :: Does the front end \
generalise to the harbour set? / is it true that the front end generalises to the harbour recordings? / can I claim in \
the paper that our front end generalises to the harbour data
? figure_story 1 ; +2 ; ^ {k} :: How many speakers sat in both the train and the test list? / speaker leak: how many \
people?
? status 2 ; +1 ; = no overlap left|no overlap :: Is the speaker overlap of the harbour set gone? / does the harbour \
split still share speakers?
? as_of 0 ; @0 ; = generalises to the harbour|surprisingly good :: What did I believe about the front end and the \
harbour set? / does the front end work for the harbour recordings?
! %bage%b|years old :: What is the average age of the harbour speakers? / how old are the people in the harbour set
=== s=3,4 o=6,8 f=5
@ 0 session_order Idea
- The five sessions always come in alphabetical order. "backward" and "bed" fall together, maybe this is why session \
{s} drops so hard.
- Idea: draw the order of the classes with a fixed number, {o} orders, and give the mean.
@ 5 session_order
- Drop in session {s} is gone in {f} of the {o} orders. So it was the alphabetical order, not the model.
? idea 0 ; +1 ; = {o} orders|draw the order :: What was my idea about the order of the classes? / idea re session \
order? / What did I want to do against the alphabetical sessions?
? why 1 ; +0 ; = alphabetical order :: Why did session {s} drop so hard? / reason for the hard drop in session {s}?
? as_of 0 ; @0 ; = alphabetical|maybe ; ~ is gone in :: Do I know for sure why session {s} drops? / what is the \
explanation for the drop in session {s} so far
! standard deviation over the orders :: How big is the standard deviation over the class orders? / std across the \
random class orders?
=== s=0.015,0.025,0.04
@ 0 pcen_frontend Idea
- The wind on the pier is slow and low. PCEN divides by a smoothed energy, so slow noise should fall out by itself, \
without any noise in the training.
@ 3 pcen_frontend
- PCEN with smoothing {s}: the whispered words get louder, but clean words lose a little. Time constant seems to be \
the important thing, not the gain.
@ 9 pcen_frontend
- Decided: keep log-mel for GSC, PCEN only for the harbour set. Two front ends are ugly but Mireille agrees.
? idea 0 ; +1,2 ; = smoothed energy|slow noise :: What was the thought behind trying PCEN? / why PCEN at all? / Why \
did I expect PCEN to help with wind?
? decision 2 ; +0,1 ; = log-mel for gsc|keep log-mel ; = pcen only for the harbour :: Which front end do we use for \
GSC and which for the harbour set? / final decision on PCEN vs log-mel? / log-mel or PCEN, what did we settle on?
? what 1 ; +0,2 ; = time constant :: Which PCEN parameter turned out to matter? / PCEN - what matters more, gain or \
time constant?
! PCEN.*%bms%b|PCEN.*millisec :: What does PCEN cost in milliseconds per utterance? / run time of PCEN compared with \
log-mel in ms?
=== c=40,55,64 f=180,210,265 l=10,15
@ 0 Scratch
- Oyelaran says the foghorn from the lighthouse is in every third recording. Either filter it or use it.
@ 1 foghorn_aug Idea
- Use it! Cut the horn out of {c} recordings and mix it under GSC as augmentation. The horn sits at {f} Hz and its \
overtones.
@ 6 foghorn_aug
- Mixing code is `mix_horn.py`. Starting point of the horn is random, level between -5 and {l} dB.
- Next: try the same with the gulls, they are higher and shorter.
? idea 1 ; +0,2 ; = augmentation|mix it under gsc :: What did I plan to do with the foghorn? / foghorn: what was the \
plan? / How should the foghorn sound become useful?
? figure_story 1 ; +2 ; ^ {f} hz|{f} :: At what frequency is the horn? / foghorn frequency?
? next 2 ; +1 ; = gulls :: What comes after the foghorn mixing? / next step for the horn augmentation / After the \
horn, which sound did I mean to try?
? code 2 ; = mix_horn.py :: Which script mixes the foghorn in? / name of the horn mixing script?
! %bSPL%b :: How loud is the foghorn at the pier in decibel SPL?
=== t=1412,1866,2230 g=310,420,575
@ 0 Scratch
- heron does not answer to anything. `No space left on device`.
@ 1 lab_machines
- Disk of heron was full because of old checkpoints: {t} of them, one for every epoch.
- Only keep the last and the best from now on. Freed {g} GB.
? debug 1 ; +0 ; = old checkpoints|checkpoints :: Why did heron say that no space was left? / heron had no space left, \
what filled it? / What had filled up the disk on heron?
? figure_story 1 ; ^ {g} :: How much space did I free on heron? / GB freed on heron?
? decision 1 ; = last and the best :: Which checkpoints do we keep since the disk was full? / rule for keeping \
checkpoints?
! %bTB%b|capacity :: How big is the disk in heron altogether? / total disk capacity of heron?
=== h=14,15,16
@ 0 lab_machines
- gull gets a new driver today, Piet does it at noon. Nobody should start a thing before {h} o'clock.
@ 1 lab_machines Fix
- After the driver update torch does not see the card on gull. The container still had the old CUDA libs mounted. \
Rebuilt the image, works.
? debug 1 ; +0 ; = old cuda libs|cuda libs :: torch didn't find the GPU on gull, what was it? / After the new driver \
the card was invisible on gull. What was the matter?
? who 0 ; +1 ; = piet :: Who installs the new driver on gull? / who does the gull driver?
? how 1 ; +0 ; = rebuilt the image :: How did gull see its card again? / what did I do to make torch work on gull \
after the update
! driver (version )?%d{3} :: What driver version runs on gull? / driver version number of gull?
=== a=11,12,13 b=18,19 p=4,5,6
@ 0 workshop_paper
- Workshop deadline is the {a}th of the month after next. {p} pages and the references.
@ 8 workshop_paper
- They moved the deadline by one week, it is the {b}th now. Thank god.
@ 11 workshop_paper Paper
- Prof. Lindqvist read the draft. Wants the harbour set in the title and fewer tables: "one table, two figures".
? changed 1 ; +0,2 ; ^ {b} :: When is the workshop deadline, I mean on which day of the month? / workshop deadline - \
which day is it now?
? what 2 ; +0,1 ; = harbour set in the title ; = fewer tables|one table :: What did Lindqvist want changed in the \
draft? / Prof's remarks on my draft? / comments of the professor on the workshop draft?
? figure_story 0 ; +1,2 ; ^ {p} :: How many pages may the workshop paper have? / page limit workshop?
? as_of 0 ; @0 ; ^ {a} ; ~ {b}th :: On which day of the month is the workshop deadline? / workshop deadline is on the \
how many-th?
! workshop.*reviewer|reviewers assigned :: Who are the reviewers of the workshop paper? / how many reviewers does the \
workshop assign
! %bfee%b :: What is the registration fee of the workshop?
=== m=6,7,9
@ 0 Scratch
- Meeting with Prof. Lindqvist. She asks why we still carry the CKA loss along when nobody looks at it.
@ 2 Scratch
- Talked with Mireille. We drop the CKA loss, because it ignores the order of the frames, and {m} of our words differ \
only by their order.
- The code stays on the branch `cka_old`.
? why 1 ; +0 ; = order of the frames :: Why did we drop the CKA loss? / reason for throwing CKA out? / What spoke \
against keeping the CKA loss?
? code 1 ; = cka_old :: Where is the old CKA code kept? / which branch has cka?
! CKA (loss )?weight|weight of the CKA|loss_cka :: What was the weight of the CKA loss before we dropped it?
=== r=256,320,192 n=611,734,828 d=0.4,0.7,0.9
@ 0 board_port
- The board has {r} KB for everything. Our net is {n} KB in float32, so int8 is a must.
@ 3 board_port Code
- First int8 try: accuracy falls off a cliff, the prototypes are quantised with ONE scale for all classes.
@ 5 board_port Fix
- One scale per prototype row instead. Loses only {d} points against float now.
- Next step: measure the latency on the board itself, not in the simulator.
? why 1 ; +0,2 ; = one scale for all classes|one scale :: Why did the first int8 version collapse? / int8 accuracy \
fell off a cliff, how come? / Reason of the bad accuracy in the first quantised model?
? figure_story 2 ; +1 ; ^ {d} :: How many points does int8 lose now? / loss of int8 vs float, after the fix?
? next 2 ; +0,1 ; = latency :: What's the next step with the board? / board port, what should I do next?
? figure_story 0 ; ^ {r} :: How much memory does the board have? / KB on the board?
! latency (is|was) %d :: What latency did we measure on the board? / how many ms per word on the board itself
! %bmA%b|battery :: How much current does the board draw?
=== t=2.5,3.0,3.5 p=58,63,71
@ 0 early_exit Idea
- Easy words don't need the sequence layer. If the margin of the first two logits is over a threshold, leave after the \
second block.
@ 4 early_exit
- With a threshold of {t}, {p} percent of the clips leave early and the accuracy stays.
> [!success] Works better than I thought.
@ 10 early_exit
- On the new classes hardly anything leaves early: the logits of few-shot prototypes are too close together. So it \
saves nothing where it would matter. Paused.
? idea 0 ; +1,2 ; = margin of the first two logits|threshold :: What is the early exit idea? / early exit, how was it \
meant to work? / When should a clip be allowed to leave the network early?
? status 2 ; +0,1 ; = paused :: How do things stand with the early exit? / early exit: still alive?
? why 2 ; +0,1 ; = too close together :: Why is early exit useless for the new classes? / what's the trouble with \
early exit on few-shot classes?
? figure_story 1 ; +2 ; ^ {p} :: What share of clips left early? / how many percent exit early
! session.*early exit|early exit.*session :: Which of the five sessions gains most from the early exit?
=== x=0.8,1.3,1.9
@ 0 Scratch
- Test accuracy changes when I only change the batch size of the test?! That can't be.
@ 1 Scratch
- `model.eval()` was missing in `test_session()`. The batch norm used the statistics of the test batch.
- Only the seminar slides show numbers from it, they are too high by about {x} points. The logged runs have their own \
test code, they are fine.
? debug 1 ; +0 ; = model.eval()|eval()|batch norm :: Why did the accuracy depend on the test batch size? / batch size \
of the test changed the accuracy, cause? / test results that moved with the batch size - what did I forget?
? code 1 ; +0 ; = test_session :: In which function was eval mode forgotten? / where was the model.eval() missing
! wrote (the )?`?test_session :: Who wrote the test function without the eval call?
=== k=5,8,10 b=12,20,24
@ 0 replay_memory Study
- Reviewer of the last paper: "why no replay?" Honest answer: the device may not store voices, for privacy.
@ 4 replay_memory Idea
- Could store embeddings instead of audio. {k} embeddings a class are {b} KB in all.
@ 9 replay_memory
- Oyelaran inverted an embedding to almost audible speech in one afternoon. So stored embeddings are NOT private. Idea \
buried.
? why 0 ; +1,2 ; = privacy|may not store voices :: Why don't we use replay? / What is the honest reason that there is \
no replay in our method?
? retracted 2 ; +0,1 ; = not private|inverted :: Is storing embeddings a private alternative to storing audio? / can \
we keep embeddings instead of audio and call it private?
? who 2 ; +1 ; = oyelaran :: Who inverted the embedding? / who showed that embeddings leak speech?
! vocoder|hifi :: Which network did Oyelaran use to invert the embeddings? / what vocoder was used for the embedding \
inversion
=== n=30,45,50 s=80,120,150
@ 0 embedding_view
- t-SNE of the base classes. "bed" and "bird" are one blob. I think the vowel is the problem.
@ 3 embedding_view
- Listened to {n} of the mixed up clips. The vowel is fine! The final "d" is cut, because the clips end at one second.
> [!important] So it is the clip end, not the vowel.
@ 5 embedding_view Tomorrow
- Shift the late words to the left by up to {s} ms, and look at the blob again.
? changed 1 ; +0,2 ; = clip end|final "d" is cut :: Why are bed and bird one blob? / bed/bird mixed up: what is the \
real reason? / what do I think now about the confusion of bed and bird
? as_of 0 ; @0 ; = vowel ; ~ clip end :: What is the problem with bed and bird, in my opinion? / why do bed and bird \
fall together?
? next 2 ; +1 ; = shift the late words|to the left :: What did I want to do about the cut words? / next for the bed \
bird blob?
! perplexity :: Which perplexity did the t-SNE plot have? / tsne perplexity?
=== k=3,4 s=3,5 l=140,180,230
@ 0 demo_day Lab
- Open day of the institute. We show the live demo on the Pi. Visitors teach it {k} own words with {s} shots each.
@ 3 demo_day
- Latency on the Pi is {l} ms. Most of it is the microphone buffer, not the net.
@ 6 demo_day
- Open day went well. Children shouted, and the model took shouting for "go". Need an "unknown" answer before the next \
demo.
? figure_story 1 ; +0,2 ; ^ {l} :: What is the latency on the Pi? / Pi latency?
? what 2 ; +0 ; = shouting for "go"|shouting for|shouted :: What went wrong at the open day? / problem with the \
children at the demo? / Which mistake did the demo make when children shouted?
? next 2 ; +0,1 ; = unknown :: What does the demo need before we show it again? / todo before next demo?
? why 1 ; = microphone buffer :: Where does the delay on the Pi come from mostly? / what eats the time on the pi
! %d+ (visitors|guests) :: How many visitors came to the open day? / number of guests at our demo?
! %bPi [3-5]%b :: Which Pi is it, a 4 or a 5?
=== t=4.2,5.1,5.8 p=81,86,89 q=6,9,12
@ 0 unknown_word Idea
- Unknown words: take the energy of the logits (logsumexp), not the highest softmax value. Softmax is always sure.
@ 5 unknown_word
- Energy threshold {t}: {p} percent of the foreign words are refused, {q} percent of the known ones as well, sadly.
> [!question] One threshold per session?
? idea 0 ; +1 ; = energy :: How do I want to detect unknown words? / unknown word detection, which score and why?
? why 0 ; +1 ; = always sure :: Why not the softmax for refusing unknown words? / what's wrong with the highest \
softmax value as a score?
? figure_story 1 ; = {q} :: How many percent of the known words get refused by mistake with the energy threshold? / \
false refusals of known words, percent?
! auroc|[^%w]roc[^%w] :: What AUROC does the energy score reach? / auroc of energy for unknown words?
=== k=5 a=0.31,0.36 b=0.15,0.18
@ 0 proto_shrink_theory Idea
- With {k} shots the mean of the embeddings is a bad estimate. James-Stein: pull each new prototype a bit to the mean \
of the base prototypes. Should help the most where the shots are few.
@ 3 proto_shrink_theory Study
- Did the math on paper. The best pull is the noise variance divided by the (noise plus class) variance, so no tuning \
is needed in theory.
@ 8 proto_shrink_theory
- Theory says pull {a}, the validation likes {b}. Difference is since the variance of the shots is NOT the same in all \
directions.
? idea 0 ; +1,2 ; = bad estimate|mean of the base prototypes :: What's the idea of pulling the prototypes? / \
James-Stein thing, what was it about? / Why should one move new prototypes towards the base mean?
? why 2 ; +1 ; = not the same in all directions|all directions :: Why do theory and validation disagree about the \
pull? / theory vs validation pull, reason for the gap?
? figure_story 2 ; +1 ; ^ {a} :: Which pull does the theory give? / pull according to theory?
! textbook :: Which textbook did I take the James-Stein formula from?
=== h=18,19,20
@ 0 git_habits
- Lost a whole afternoon of edits with `git stash drop`. It was the wrong stash.
@ 1 git_habits Fix
- Got it back: `git fsck --no-reflog` shows the dangling commit, then `git stash apply` with its id.
- No stashes from now on, small branches only.

```python
def save_all(repo):
    subprocess.run(
        ["git", "commit", "-am", "wip"],
            )```
@ 3 git_habits Code
- `save_all` runs every evening at {h}:30 by cron on gull.
? how 1 ; +0 ; = git fsck :: How did I get the dropped stash back? / recover dropped git stash - how was that done? / \
lost edits with git, by which command did I find them again?
? decision 1 ; +0 ; = small branches :: What do I do instead of stashes now? / rule after the stash accident
? what 2 ; +1 ; = {h}:30 :: When does save_all run? / at what time is the evening commit by cron
! https?://|git@ :: What is the address of our git server? / url of the git remote?
=== p=8,9,12 d=1.4,2.1,2.6
@ 0 silence_class
- Silence is {p} percent of the test clips, and every model has it right. It lifts every number.
@ 4 silence_class
- Without silence the last session falls by {d} points, for all the models about the same. So the order of the models \
stays.
@ 6 silence_class
- Prof. Lindqvist: report both, with the silence in the appendix.
? what 1 ; +0,2 ; = {d} points|{d} :: What happens to the last session without the silence class? / effect of leaving \
silence out?
? decision 2 ; +0,1 ; = report both|appendix :: How do we report silence in the paper? / silence in the paper, what \
does the prof want?
? negative 1 ; +0 ; = order of the models stays|stays :: Does the ranking of the models change without silence? / \
without silence, is another model the best one?
! silence (clips )?(is|are) %d+ (ms|s)%b :: How long is the silence clip on average? / mean length of the silence \
recordings?
=== f=3,4,6 d=5,6
@ 0 Scratch
- Mireille's fork has a faster mel (`fused_mel`), {f} times faster. Want that.
@ 3 front_end
- Merged `fused_mel`. Numbers are the same up to the {d}th digit.
> [!error] Not the same! On clips under half a second it pads on the left, we pad on the right.
@ 5 front_end Fix
- Asked Mireille, she changed the padding to the right side in her fork. Merged again, now equal on all clips.
? debug 1 ; +0,2 ; = pads on the left|padding :: What was different in Mireille's mel? / fused_mel was not equal to \
ours, in what?
? status 2 ; +0,1 ; = equal on all clips :: Can I use fused_mel safely by now? / fused_mel ok now?
? figure_story 0 ; +1,2 ; ^ {f} :: How much faster is the mel of Mireille? / speedup of fused_mel?
! fused_mel.*CPU :: Does fused_mel run on the CPU as well?
=== m=October,November,September c=4,5 w=900,1400,2100
@ 0 Scratch
- What do I do with my thesis outline... Chapter three is too thin without the harbour set.
@ 5 thesis_outline
- Talked to Prof. Lindqvist about the thesis. Hand in is in {m}. Chapter {c} becomes the harbour chapter, and the \
Transformer part moves to the appendix.
@ 10 thesis_outline
- Wrote {w} words of the harbour chapter. Missing: the table with the speakers and the map of the pier.
? when 1 ; +2 ; = {m} :: When do I have to hand in the thesis? / thesis hand-in month?
? status 2 ; +1 ; = table with the speakers ; = map of the pier :: What is still missing in the harbour chapter? / \
harbour chapter, what's left to do?
? decision 1 ; = appendix :: What happens to the Transformer part of the thesis? / where does the transformer part go \
in the thesis
! examiner :: Who is the second examiner of my thesis? / second examiner?
"""

# Campaigns: "=== note, option, values, a value never run :: phrase :: alias", idea, next step.
CAMPAIGN_TEXT = """\
=== angle_margin angle_margin 0.1,0.2,0.4 0.7 :: angular margin {v} :: angular margin
A margin in the angle should leave free space between the base classes, where the new words can go. :: free space :: \
Why an angular margin? / What should the angular margin be good for?
Too much margin hurts the base session. Next: margin only in the last ten epochs. :: last ten epochs :: What is next \
for the margin? / next thing to try with the angular margin?
=== mixup_words mixup_alpha 0.2,0.5,1.0 2.0 :: mixup alpha {v} :: mixup
Mixing two words makes fake classes in between, so that the embedding is not only made for the base words. :: fake \
classes :: Why did I try mixup? / idea of the mixup runs?
Want to see mixup only between words of the same length next. :: same length :: What should I do next about mixup? / \
mixup, next step?
=== distill distill_weight 0.5,2,8 32 :: distillation weight {v} :: distillation
The old model is the teacher, so the base classes do not drift when the new prototypes come in. :: do not drift :: \
What is distillation for in our setting? / why distill from the old model?
Then freeze the first two blocks instead of distilling, it is cheaper. :: freeze the first two blocks :: After \
distillation, what did I plan? / cheaper thing to try instead of distilling?
=== band_drop band_drop 2,4,8 16 :: {v} dropped bands :: dropping bands
Harbour microphones lose the high bands, so train with some mel bands missing. :: lose the high bands :: Why drop mel \
bands in training? / motivation of dropping bands?
Next I should drop only the upper bands, not random ones. :: only the upper bands :: How to go on with the band \
dropping? / next on dropped bands
=== time_shift shift_ms 50,100,200 400 :: time shift {v} ms :: time shift
Words in the harbour set start anywhere, but GSC words are centred, so the model learns the position. :: learns the \
position :: Why shift the words in time? / reason for the time shift runs?
To do: shift at test time and average, see if it is any better. :: at test time :: What's the following step for the \
time shift? / time shift - what now?
=== wind_noise wind_snr 0,5,15 -10 :: wind at {v} dB :: wind noise
Wind from the pier mixed under the training words. The model should not learn that wind means harbour. :: wind means \
harbour :: Why mix wind under the words? / what should the wind mixing prevent?
Try rain as well, I have two hours of it from the breakwater. :: rain :: Which noise is next after wind? / after wind, \
what noise did I want to try
=== head_dropout head_dropout 0.1,0.3,0.6 0.9 :: head dropout {v} :: dropout in the head
The cosine head leans on a few dimensions. Dropout should spread the class over all of them. :: few dimensions :: Why \
dropout in the head? / what's the point of the head dropout
Next is to count how many dimensions are really used, with the SVD. :: svd :: What did I want to count after the head \
dropout runs? / head dropout - what to do next?
=== ema_weights ema_rate 0.8,0.95,0.99 0.5 :: EMA rate {v} :: averaged weights
Averaged weights sit in a flat valley, so a new session should not push us out that easily. :: flat valley :: Why \
average the weights? / idea behind EMA?
Next: switch the average on only after the warm-up. :: after the warm-up :: What comes next for EMA? / EMA: next try?
=== test_temperature test_temp 4,8,32 64 :: test temperature {v} :: temperature in the test
The new classes always lose the tie against the base classes, a softer test could make it fair. :: lose the tie :: Why \
play with the temperature of the test? / why a softer softmax in the test
One temperature per session would be the next thing. :: per session :: temperature in test, next step? / How did I \
want to continue with the test temperature?
=== gru_depth gru_layers 1,2,3 6 :: {v} GRU layers :: depth of the GRU
A word is a path, not a bag of frames, one layer may be too short sighted for the long words. :: bag of frames :: Why \
more GRU layers? / why stack GRUs?
Should try a bidirectional one before any deeper one. :: bidirectional :: What did I want before going deeper with the \
GRU? / GRU depth: next?
=== attn_heads num_heads 2,4,8 16 :: {v} attention heads :: number of heads
Maybe one head looks at the vowel and another one at the end of the word. :: at the vowel :: What should different \
heads look at? / why vary the attention heads?
Next: plot the attention of each head for ten clips. :: plot the attention :: What shall I plot for the heads? / heads \
- next step?
=== crop_length crop_frames 61,81,95 41 :: crop of {v} frames :: crop length
Short crops force the model to decide on a part of the word, like when the speaker is cut off by the wind. :: part of \
the word :: Why train on short crops? / purpose of cropping?
Next would be crops around the loudest frame only. :: loudest frame :: Which crops come next? / crop length, what next?
=== label_smooth label_smooth 0.05,0.1,0.2 0.4 :: label smoothing {v} :: label smoothing
Hard labels pull each class into one point, and then the new words have nothing to lean on. :: one point :: Why soften \
the labels? / what's bad about hard labels here?
Want to smooth only between words that sound alike next. :: sound alike :: next for label smoothing? / What was the \
next plan for soft labels?
=== bottleneck emb_dim 32,64,256 512 :: embedding size {v} :: size of the embedding
Smaller embeddings are cheaper on the board, the question is where the new classes start to collide. :: start to \
collide :: Why try smaller embeddings? / question behind the embedding size runs?
Next: PCA of the big one down to the small one, without training. :: pca :: What do I do next about the embedding \
size? / embedding size: next step
=== triplet triplet_weight 0.3,0.6,1.2 5 :: triplet weight {v} :: triplet loss
Cross entropy does not care about distances inside of a class, triplets do. :: distances inside :: Why add a triplet \
loss? / what do triplets give us that cross entropy doesn't?
Next: mine the negatives only from words with the same first sound. :: same first sound :: How should the triplets be \
mined next? / triplet loss - next?
"""

# Papers: title :: summary :: doubt :: phrase :: wordings.
PAPER_TEXT = """\
Prototype Drift in Small Vocabularies :: They freeze the encoder and move only the prototypes. :: Their shots are \
studio speech, no noise at all. :: studio speech :: What is my doubt about the prototype drift paper? / weak point of \
the paper on prototype drift?
Listening with Few Shots :: A metric learner with a learned distance. :: The learned distance needs 200 classes, we \
have 35 at best. :: 200 classes :: Why is the learned distance of Listening with Few Shots not for us? / problem w/ \
the Listening with Few Shots paper for our data?
Forgetting is a Classifier Problem :: Says that the features stay good, and only the last layer forgets. :: Shown for \
images only. Should be checked on speech. :: last layer forgets :: What does the paper on forgetting claim about the \
last layer? / Forgetting is a Classifier Problem: main claim?
Subspace Keywords :: One subspace per word instead of one prototype. :: Five shots give a subspace of four dimensions \
at most. :: four dimensions :: How large can a subspace be with five shots according to my notes? / doubt about \
Subspace Keywords?
A Stable Front End for Tiny Devices :: Fixed point mel filters with a table for the log. :: The table has 512 entries, \
too big for us. :: 512 entries :: Why is the tiny device front end too big for us? / what's too big in the paper on \
tiny devices
"""
STUB_TEXT = "reading_list group_meeting plot_style tmux_keys latex_bits conda_env ssh_setup wishlist old_logs glossary"

# Tasks: section :: text :: accepted forms.
TASK_TEXT = """\
Code :: Clean up `train.py`, the argument part is a mess :: clean up `train.py`|clean up train.py|clean up
Code :: Write a unit test for the harmonic mean :: unit test for the harmonic mean
Paper :: Draw the figure with the session curves :: session curves
Paper :: Rewrite the related work section :: related work
Lab :: Order foam windscreens for the microphones :: foam windscreens
Lab :: Book the boat for the third trip :: book the boat // Others :: Fill in the travel form :: travel form
Study :: Read about hyperbolic embeddings :: hyperbolic embeddings
Study :: Go through the derivation of PCA whitening :: pca whitening
Idea :: Think about a curriculum over the shots :: curriculum over the shots
Code :: Move the configs from bash to yaml :: configs from bash to yaml|bash to yaml
Code :: Profile the data loading on gull :: profile the data loading
Paper :: Ask Mireille for her LaTeX template :: latex template
Lab :: Backup of the harbour recordings to the tape :: backup of the harbour recordings
Lab :: Label the microphones with coloured tape :: coloured tape // Others :: Renew the student card :: student card
Study :: Slides for the reading group :: slides for the reading group
Experiments :: Write down the protocol of the new split :: protocol of the new split
Experiments :: Collect all last-session numbers in one sheet :: last-session numbers
Idea :: Sketch a loss for word pairs that rhyme :: word pairs that rhyme|rhyme
Code :: Delete the dead branches in the repo :: dead branches
Code :: Make the confusion matrix plot bigger :: confusion matrix plot bigger
Paper :: Proofread the abstract aloud :: proofread the abstract
Others :: Answer the mail of the port authority :: port authority // Lab :: Fix the squeaking chair :: squeaking chair
Study :: Summary of the attention lecture :: attention lecture
Experiments :: Plan a comparison of the augmentation orders :: augmentation orders
Idea :: List words that fishermen really use :: words that fishermen
"""

# Small talk.
FILLER_TEXT = """\
What do I do now... // Coffee machine on the second floor is broken again.
I should take notes in a better way, half of this is not readable. // Read a bit, nothing important.
Think I need to look at the plots before I go on. // The printer is bussy since an hour.
The code is getting long, maybe I have to split the file. // Tired. Only did small things.
Why is everything always slower then planned.. // Looked at spectrograms for an hour. They are pretty at least.
Mireille is ill this week. // Talked with Oyelaran about nothing in particular. // Wrote some comments in the code.
Group lunch. No work after that. // Maybe the embeddings should be looked at in a differnet way.
Have to make it a habit to write down what I do. // It rains, nobody is on the pier.
Cleaned the desk. ==Found the missing USB stick!== // ~~Maybe everything is wrong.~~ No, it is fine.
Music helps when waiting. // The seminar room is too cold. // Emebeddings, emebeddings, emebeddings.
Don't just try things, think about what should come out first. // %%remember to delete this line%%
Let's see tomorrow.
"""

# What no note holds: pattern :: wordings.
NEVER_TEXT = """\
wifi|password :: What is the wifi password of the lab? / lab wifi pw?
librispeech :: Which results did we get on the LibriSpeech corpus? / How well do we do on librispeech?
diffusion :: What did I write about diffusion models? / my notes on diffusion models?
seoul|flight :: When is my flight to the conference in Seoul? / flight to seoul, when?
budget :: What did we decide about the budget for new GPUs? / gpu budget?
wav2vec :: Did I ever run wav2vec features through the protocol? / wav2vec result?
user study :: What score did the user study give? / results of the user study
phone n|telephone :: What is the phone number of Piet? / piet's phone nr
ethics :: What did the ethics board say about the recordings? / is the ethics approval there?
knowledge graph :: How did knowledge graphs perform on our sessions?
optimi[sz]er|adamw?%b :: Which optimizer did Prof. Lindqvist tell me to use? / what optimiser does the prof recommend
mandarin :: What was the result on the Mandarin keywords? / accuracy for mandarin words?
mamba :: What did I note about Mamba layers?
electricity :: How much is the monthly electricity bill of the server room?
"""

# Wordings of the questions about runs and to-dos.
WORDS_TEXT = """\
on_day :: What did I run on {x}? / which experiments were started on {x} / Runs of {x}? / On {x}, did I start any run? \
Which?
week :: What did I run in the week from Monday {x} to Sunday {y}? / runs in the week starting Monday, {x}, till Sunday
between :: Which experiments did I run between {x} and {y}? / what ran from {x} until {y}, both days included / Could \
you list the runs from {x} to {y}? / my student asks which trainings were launched from {x} up to {y}
yesterday :: What did I start yesterday? / yesterday's runs?
past :: What have I run in the last {n} days? / experiments of the past {n} days please
rank :: Which run has the {g} {m}, {w}? / What is the {g} {m} {w}, and which run was it? / {g} {m} {w}? / {w}, who is \
at the {g} {m}, and with what setting?
sound :: What is the {g} {m} {w}, leaving out results that I called wrong? / {g} {m} {w} that still counts (no invalid \
or wrong results)? / Which run has the {g} {m} {w} if I ignore everything that turned out invalid?
order :: When did I start the {o} run about {a}, and with which value? / {o} run on {a}: day and setting? / Which was \
the {o} run about {a} and on what day did it start?
count_month :: How many runs did I start in {m}? / number of runs launched in {m} according to the server note
count_between :: How many runs were started between {x} and {y}, both included? / count the runs from {x} to {y}
count_layer :: How many runs did I start with {w} altogether? / number of runs with {w}?
nan :: Which runs died with NaN? / list the runs that gave a NaN / Which of my experiments ended with NaN values?
stopped :: Which run did I stop before it was through? / what run got stopped?
figure :: What {m} did the run with {k} get? / {k}: {m}? / {m} for {k} pls / How high is the {m} in the experiment \
with {k}? / With {a} set to {v}, what {m} did we reach? / I need the {m} of the {k} run for a slide
middle :: What was the unseen accuracy after the {p} incremental session with {k}? / {k}, unseen acc in the {p} \
incremental session?
final :: What is the final overall accuracy of the run with {k}, after all the sessions? / {k}: final result, overall \
accuracy after session five
option :: Which {o} did I use for the run with {k}? / {o} in the {k} command? / What value had the {o} when I ran {k}? \
/ {k} was trained with what {o}
command :: Give me the command of the run with {k}. / full command for {k}? / How exactly did I call train.py for {k}?
compare :: Compare {k} with {l} in {m}. / {k} or {l}, which has the better {m}? both numbers please / {m}: {k} vs {l} \
/ Is {k} or is {l} better by the {m}, and by what numbers?
effect :: How does the {m} change when `{o}` goes from {v} to {w}? / effect of {a} on the {m}, {v} against {w}? / What \
did going from {k} to {l} do to the {m}? / {m}: what does {o} {w} bring over {o} {v}
as_of_said :: As of {x}, what was the highest {m} I had seen, wrong results not counted? / On the evening of {x}, \
which was the best {m} so far that I had not called wrong?
as_of :: What is the highest {m} so far, wrong results not counted? / best {m} up to now (without the results I called \
wrong)?
slip :: How many epochs did the run with {k} train, by my words and by the command? / {k}: do description and command \
agree on the epochs?
swap :: Learning rate and decay of the {k} run: is the command the same as what I wrote above it? / {k}: lr and decay \
in the words and in the command?
own :: Can I put the result with {k} into the paper? / Is the {k} result any good? / How well did {k} do, and is that \
number to be trusted?
later :: Does the result with {k} still hold? / is the number of the {k} run valid / May I cite the result with {k}? \
What speaks against it?
pasted :: What is the real last accuracy of the {k} run? / {k}: true accuracy at the end, without the copy-paste \
mistake?
running :: What is running on the server right now? / anything still running? / Which run isn't finished yet?
through :: Is the run with {k} through? / {k} - finished or not?
became :: What became of the run with {k}? / {k}: how did that run end?
task :: Is the to-do "{t}" done? / did I finish this one: {t}? / how far is this task: {t}? / {t} - is that ticked off?
deferred :: Which tasks did I defer? / what to-dos are deferred, over all months?
ongoing :: Which to-dos are ongoing, half done? / tasks in progress?
struck :: Which to-dos did I strike out? / cancelled tasks?
untouched :: Which tasks from the {m} list have I never started? / what's untouched in the {m} to-do?
ticked :: Which to-dos are ticked off under {x}? / what did I tick on the list of {x}?
untried :: What final accuracy did the run with {k} reach? / {k}: harmonic mean after the last session? / How did {k} \
turn out? / result of {k}?
"""

# Details that no run has: pattern :: wordings.
DETAIL_TEXT = """\
%b(took|takes) %d+ (h|hours) :: How many hours did the run with {k} take? / training time of {k}?
GPU memory|%bGiB%b :: How much GPU memory did the {k} run need? / vram of {k}?
confus%w+ most :: Which words did the model of the {k} run confuse most? / most confused pair of words with {k}?
precision|recall :: What precision and recall did {k} have?
harbour accuracy|accuracy on the harbour :: {k}: accuracy on the harbour set? / How does {k} do on the harbour words?
"""


def fields(text: str) -> list[list[str]]:
    """The fields of each line."""
    return [line.split(" :: ") for line in re.split(" // |\n", text.strip())]


def typed(text: str) -> Any:
    """A figure of the texts above."""
    return int(text) if re.fullmatch(r"-?\d+", text) else float(text) if re.fullmatch(r"\d+\.\d+", text) else text


def numbers(text: str) -> list[int]:
    """Numbers between commas."""
    return [int(n) for n in text.split(",")]


def read_story(text: str) -> Story:
    """A story from its text."""
    lines = text.splitlines()
    story = Story([], [], [], {})
    for item in lines[0].split():
        name, _, values = item.partition("=")
        story.figures[name] = [typed(v) for v in values.split(",")]
    for line in lines[1:]:
        if line.startswith("@ "):
            at, note, *sub = line[2:].split()
            story.entries.append((int(at), note, " ".join(sub), ""))
        elif line.startswith("? "):
            rule, _, words = line[2:].partition(" :: ")
            first, *parts = rule.split(" ; ")
            kind, at = first.split()
            ask = Ask(kind, words.split(" / "), [], numbers(at))
            for part in parts:
                mark, value = part[0], part[1:].strip()
                if mark == "+":
                    ask.also = numbers(value)
                elif mark == "@":
                    ask.as_of = int(value)
                else:
                    {"=": ask.must, "^": ask.lead, "~": ask.never}[mark].append(value)
            story.asks.append(ask)
        elif line.startswith("! "):
            absent, _, words = line[2:].partition(" :: ")
            story.refuse.append((words.split(" / "), absent.replace("%", "\\")))
        else:
            at, note, sub, before = story.entries[-1]
            story.entries[-1] = (at, note, sub, f"{before}\n{line}".lstrip("\n"))
    return story


def read_campaign(text: str) -> Campaign:
    """A campaign from its three lines."""
    (head, phrase, alias), (idea, idea_must, why), (closing, must, then) = fields(text)
    note, option, values, untried = head.split()
    shown = [typed(v) for v in values.split(",")]
    return Campaign(
        note, option, phrase, alias, shown, idea, idea_must, why.split(" / "), closing, must, then.split(" / "), untried
    )


STUBS, FILLER = STUB_TEXT.split(), re.split(" // |\n", FILLER_TEXT.strip())
STORIES = [read_story(text) for text in STORY_TEXT.removeprefix("=== ").split("\n=== ")]
CAMPAIGNS = [read_campaign(text) for text in CAMPAIGN_TEXT.removeprefix("=== ").split("\n=== ")]
PAPERS = [(t, what, doubt, words.split(" / "), form) for t, what, doubt, form, words in fields(PAPER_TEXT)]
TASKS = [(sub, text, form) for sub, text, form in fields(TASK_TEXT)]
NEVER_WRITTEN = [(words.split(" / "), absent.replace("%", "\\")) for absent, words in fields(NEVER_TEXT)]
WORDS = {name: words.split(" / ") for name, words in fields(WORDS_TEXT)}
OPTIONS = {
    "lr_base": ["learning rate", "lr"],
    "epochs_base": ["number of base epochs", "epochs_base"],
    "batch_size_base": ["batch size", "batch_size_base"],
    "decay": ["weight decay"],
    "temperature": ["temperature option"],
    "noise_prob": ["noise_prob", "noise probability"],
}
STILL = [*OPEN, "running", "no result", "still"]
LAYERS = {"GRU": "GRU on top", "Transformer": "one Transformer layer", "None": "no sequence layer"}
METRICS = {
    "acc": ["overall accuracy after the last session", "final overall accuracy", "overall acc at the very end"],
    "base": ["accuracy in the base session", "base session accuracy"],
    "unseen": ["unseen accuracy after the last session", "final unseen acc"],
    "harm": ["harmonic mean after the last session", "final harmonic mean", "harmonic mean of session five"],
}
VERDICTS = [
    ("This result is from wrong code.", "wrong code"),
    ("Trained with the old label list, worthless.", "old label list"),
    ("Test data was in the training here, do not use.", "test data was in the training"),
]
REMARKS = ["- Not that bad.", "- Hmm, thought it would be more.", "- Fifth session is the interesting one."]
DOUBTS = [
    ("the sessions were tested with the base prototypes only", "base prototypes only"),
    ("I read the features of the wrong front end", "wrong front end"),
    ("the new words had ten shots instead of five", "ten shots instead of five"),
]


def spoken(day: Day, rng: random.Random) -> str:
    """A day in somebody's words."""
    return rng.choice([f"{day.day} {day:%B}", f"{day:%B} {day.day}", day.isoformat(), f"{day.day} {day:%B} {day.year}"])


def bare(value: float) -> list[str]:
    """The spellings of a figure."""
    return sorted({f"{value:g}", f"{value:.3f}", str(value)})


def both(forms: list[str]) -> list[str]:
    """Forms as they are, in lower case, and as a sentence begins."""
    return list(
        dict.fromkeys([*forms, *(form.lower() for form in forms), *(form[:1].upper() + form[1:] for form in forms)])
    )


class Book:
    """The notes: for each note its days, for each day (sub-heading, text) in order."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.days: dict[str, dict[Day, list[tuple[str, str]]]] = {}
        self.plain: dict[str, list[tuple[str, str]]] = {}
        self.turns: dict[str, tuple[Day, Day]] = {}
        self.work: list[Day] = []
        self.top = ""

    def style(self, note: str, day: Day) -> str:
        """The date form of a note on a day."""
        if note not in self.turns:
            first, second = sorted(self.rng.sample(self.work, 2))
            self.turns[note] = (first, second)
        first, second = self.turns[note]
        return f"{day:%Y-%m-%d}" if day < first else f"{day:%Y/%m/%d}" if day < second else f"{day:%Y%m%d}"

    def add(self, note: str, day: Day, text: str, sub: str = "") -> None:
        """A piece of text under a day, in a sub-section if one is named."""
        self.days.setdefault(note, {}).setdefault(day, []).append((sub, text))

    def link(self, note: str, day: Day) -> str:
        """A link to a day, now and then a broken one."""
        target = self.style(note, day)
        roll = self.rng.random()
        if roll < 0.05:
            note = note[:-1]
        elif roll < 0.10:
            target = self.style(note, day + datetime.timedelta(days=40))
        elif roll < 0.15:
            target = "2024" + target[4:]
        elif roll < 0.3:
            note = note.lower()
        return f"[[{note}#{target}]]"

    def places(self, note: str, day: Day, sub: str = "") -> list[str]:
        """The accepted places of a text."""
        head = self.style(note, day)
        return [f"{note}#{sub}-{head}", f"{note}#{head}"] if sub else [f"{note}#{head}"]

    def text(self, note: str) -> str:
        """A whole file."""
        lines = ["---", f"id: {note}", "aliases: []", "tags: []", "---", "", f"# {note}", ""]
        for head, body in self.plain.get(note, []):
            lines += [f"## {head}", body, ""]
        if note == "Experiments":
            lines += [self.top, ""]
        for day in sorted(self.days.get(note, {})):
            blank = " " if (day.toordinal() + len(note)) % 4 == 0 else ""
            lines.append(f"## {self.style(note, day)}{blank}")
            parts = self.days[note][day]
            for sub in dict.fromkeys([""] + [s for s, _ in parts]):
                if sub:
                    level = "####" if sub == "Fix" else "###"
                    lines.append(f"{level} {sub[1:]}" if sub[0] == "=" else f"{level} {sub}-{self.style(note, day)}")
                lines += [text for s, text in parts if s == sub]
                lines.append("")
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


class Maker:
    """Draws a journal and its questions."""

    def __init__(self, seed: int, notes: int) -> None:
        self.rng = random.Random(f"fieldbook-{seed}")
        self.seed, self.count = seed, notes
        self.book = Book(self.rng)
        self.questions: list[Question] = []
        self.checks: dict[str, tuple[Any, ...]] = {}
        self.jobs: list[Job] = []
        self.tasks: list[dict[str, Any]] = []
        rng = self.rng
        start = Day(2025, 2, 17) + datetime.timedelta(days=rng.randrange(24))
        span = [start + datetime.timedelta(days=i) for i in range(rng.randrange(70, 84))]
        off = set(rng.sample(span[3:-4], 6))
        self.work = [d for d in span if d.weekday() != 6 and d not in off]
        self.book.work = self.work
        self.today = self.work[-1] + datetime.timedelta(days=1)
        gap = rng.randrange(18, len(self.work) - 18)
        self.gap = self.work[gap : gap + 5]
        self.free = [d for d in self.work if d not in self.gap]
        self.told: list[tuple[Story, list[Day], dict[str, Any]]] = []

    # The notes.

    def make(self) -> None:
        """All notes, then all questions."""
        self.draw_jobs()
        self.write_jobs()
        self.write_stories()
        self.write_tasks()
        self.write_rest()
        self.ask_jobs()
        self.ask_stories()
        self.ask_tasks()
        self.ask_nothing()

    def draw_jobs(self) -> None:
        """The campaigns and their runs."""
        rng = self.rng
        chosen = rng.sample(CAMPAIGNS, 14)
        self.campaigns, self.left_out = chosen, [c for c in CAMPAIGNS if c not in chosen]
        self.first_day: dict[str, Day] = {}
        last = len(self.free) - 1
        for i, c in enumerate(chosen):
            at = 1 + i * (last - 6) // 13 + rng.randrange(2)
            self.first_day[c.note] = self.free[at - 1]
            layer = {"gru_layers": "GRU", "num_heads": "Transformer"}.get(c.option, rng.choice([*LAYERS, "GRU"]))
            shared = {
                "project": rng.choice(["base", "comp", "trans", "primitive"]),
                "dataset": "gsc2",
                "lr_base": rng.choice([0.001, 0.002, 0.005, 0.01]),
                "decay": rng.choice([0.0001, 0.0003, 0.0005]),
                "epochs_base": rng.choice([40, 60, 80, 100]),
                "batch_size_base": rng.choice([64, 128, 256]),
                "temperature": rng.choice([12, 16, 20]),
                "noise_prob": rng.choice([0.0, 0.4, 0.8]),
                "sequential_layer": layer,
            }
            level = rng.uniform(74, 84)
            for n, value in enumerate(c.values):
                at = min(at + (rng.randrange(1, 3) if n else 0), last)
                begun = self.free[at]
                ended = self.free[at + 1] if at < last and rng.random() < 0.5 else begun
                if (ended - begun).days > 3:
                    ended = begun
                job = Job(c, value, begun, ended, {**shared, c.option: value})
                self.fill(job, level + rng.uniform(-2.5, 2.5))
                self.jobs.append(job)
        running = self.jobs[-1]
        running.state, running.begun, running.ended, running.mess = "running", self.work[-1], self.work[-1], "running"
        self.mess()

    def fill(self, job: Job, level: float) -> None:
        """Arrays that look like those of such a run."""
        rng = self.rng
        top = rng.uniform(92.5, 97.4)
        drop = (top - level) / 5
        job.overall = [round(top - drop * k + (rng.uniform(-0.6, 0.6) if k else 0), 3) for k in range(6)]
        seen, unseen = rng.uniform(94, 96.5), rng.uniform(68, 78)
        job.seen = [round(seen - k * rng.uniform(0.5, 1.1), 3) for k in range(5)]
        job.unseen = [round(unseen - k * rng.uniform(3, 5), 3) for k in range(5)]
        job.harmonic = [round(2 * a * b / (a + b), 3) for a, b in zip(job.seen, job.unseen, strict=True)]

    def mess(self) -> None:
        """The irregular runs."""
        rng = self.rng
        inner = [j for j in self.jobs[:-1] if j.campaign is not self.jobs[-1].campaign]
        late = [j for j in inner if j.ended <= self.work[-12]]
        names = ["own", "own", "later", "later", "pasted", "nan", "nan", "stopped", "slip", "slip", "swap", "two"]
        names += ["same", "interim", "under", "nocommand"]
        taken: list[Job] = []
        for name in names:
            pool = [j for j in (late if name in ("later", "pasted") else inner) if not j.mess]
            if name in ("same", "pasted"):
                pool = [j for j in pool if j.value != j.campaign.values[0] and self.before(j) not in taken]
            if name == "under":
                pool = [j for j in pool if j.ended != j.begun] or pool
            pool = [j for j in pool if sum(k.campaign is j.campaign for k in taken) < 2]
            job = rng.choice(pool)
            job.mess = name
            taken.append(job)
        pair = next((c for c in self.campaigns if not any(j.mess for j in self.firsts(c))), None)
        if pair:
            a, b = self.firsts(pair)
            a.mess = b.mess = "multi"
            b.begun, b.ended = a.begun, a.ended
        verdicts, doubts = rng.sample(VERDICTS, 2), rng.sample(DOUBTS, 2)
        for job in taken:
            if job.mess == "own":
                self.fill(job, rng.uniform(86, 88))
                job.verdict = verdicts.pop()[0]
            elif job.mess in ("later", "pasted"):
                at = self.work.index(job.ended) + rng.randrange(2, 7)
                job.doubt_day = self.work[at]
                if job.mess == "later":
                    self.fill(job, rng.uniform(85, 86))
                    job.doubt = doubts.pop()[0]
                else:
                    other = self.before(job)
                    job.doubt = f"pasted from {other.key}"
                    job.options["real"] = job.overall[-1]
                    job.overall, job.seen = other.overall, other.seen
                    job.unseen, job.harmonic = other.unseen, other.harmonic
            elif job.mess in ("nan", "stopped"):
                job.state = job.mess
            elif job.mess == "two":
                job.early = [round(x + rng.uniform(0.2, 0.9), 3) for x in job.overall]

    def firsts(self, c: Campaign) -> list[Job]:
        """The first two runs of a campaign."""
        return [j for j in self.jobs if j.campaign is c][:2]

    def clock(self, often: float) -> str:
        """A clock time now and then."""
        rng = self.rng
        shown = f"{rng.randrange(9, 20):02}:{rng.randrange(60):02}:{rng.randrange(60):02} : "
        return shown if rng.random() < often else ""

    def before(self, job: Job) -> Job:
        """The run before in the same campaign."""
        values = job.campaign.values
        wanted = values[max(0, values.index(job.value) - 1)]
        return next(j for j in self.jobs if j.campaign is job.campaign and j.value == wanted)

    def write_jobs(self) -> None:
        """Server, Experiments and the topic notes of the campaigns."""
        rng, book = self.rng, self.book
        for job in self.jobs:
            layer = LAYERS[job.options["sequential_layer"]]
            job.said = f"{job.key[0].upper()}{job.key[1:]}, {layer}"
            if job.mess == "slip":
                wrong = next(e for e in (100, 30, 50) if e != job.options["epochs_base"])
                job.said += f", {wrong} epochs"
            if job.mess == "swap":
                o = job.options
                job.said += f", lr {o['lr_base']} and decay {o['decay']}"
                o["lr_base"], o["decay"] = o["decay"], o["lr_base"]
            job.said += "."
        done: set[int] = set()
        for job in sorted(self.jobs, key=lambda j: j.begun):
            if id(job) in done:
                continue
            pair = [j for j in self.jobs if job.mess == "multi" and j.mess == "multi" and j.campaign is job.campaign]
            group = pair or [job]
            done |= {id(j) for j in group}
            said = " And ".join(j.said for j in group)
            box = "-" if job.state == "running" else "x"
            lines = [f"- [{box}] {self.clock(0.15)}{said}"]
            if rng.random() < 0.6:
                lines += ["  > [!note]"] if rng.random() < 0.5 else []
                lines += [f"  > Code : {book.link(job.campaign.note, self.first_day[job.campaign.note])}"]
            if job.mess != "nocommand":
                old = job.begun < self.work[18]
                lines += ["", "```sh full config" if old else "```sh gsc2.sh"]
                lines.append("\n\n".join(self.command(j, old) for j in group))
                lines.append("```")
            if job.state == "nan":
                lines.append("NaN occurs.")
            elif job.state == "stopped":
                lines.append("Stopped.")
            elif job.state == "finished" and rng.random() < 0.85:
                lines += ["> [!note] Result", f"> {book.link('Experiments', job.ended)}"]
            book.add("Server", job.begun, "\n".join([*lines, "---", ""]))
        for job in sorted(self.jobs, key=lambda j: j.ended):
            if job.state != "running":
                self.record(job)
        tops = [j for j in self.jobs if j.sound and not j.mess][:4]
        rows = [f"| [[#{book.style('Experiments', j.ended)}]] | {j.key} | {j.overall[-1]:g} |" for j in tops]
        book.top = "\n".join(["```", "| day | what | last |", "|---|---|---|", *rows, "", "```"])
        for c in self.campaigns:
            day = self.first_day[c.note]
            book.add(c.note, day, f"- {c.idea}", "Idea")
            runs = [j for j in self.jobs if j.campaign is c]
            end = max(j.ended for j in runs)
            shown = ", ".join(str(j.value) for j in runs)
            see = book.link("Server", runs[0].begun)
            book.add(c.note, day, f"- Option is `{c.option}`. Let me try {shown}.\n- See {see}.", "Code")
            over = end < self.work[-1] and runs[-1].state != "running"
            last = self.work[self.work.index(end) + 1] if over else self.work[-1]
            told = f"- All the runs about {c.alias} are in. {book.link('Experiments', end)}\n" if over else ""
            book.add(c.note, last, f"{told}- {c.closing}")
            self.first_day[c.note + "!"] = last
        for job in self.jobs:
            if job.doubt and job.doubt_day:
                if job.mess == "pasted":
                    text = (
                        f"> [!warning]\n> The arrays under {job.key} are {job.doubt}, copy-paste mistake. "
                        f"The real last accuracy was {job.options['real']:g}."
                    )
                else:
                    text = f"> [!fail] The result with {job.key} is not valid, {job.doubt}. Have to run it again."
                book.add("Scratch", job.doubt_day, text)

    def command(self, job: Job, old: bool) -> str:
        """The command of a run."""
        glue = self.rng.random() < 0.3
        parts = [f"python train.py {job.options['project']}"]
        for name, value in job.options.items():
            if name == "real" or (name == "sequential_layer" and value == "None"):
                continue
            parts.append(f'  -{name} "{value}"' if name == "sequential_layer" else f"  -{name} {value}")
        end = "\\" if old and glue else " \\"
        return f"{end}\n".join(parts) + (end if old else "")

    def record(self, job: Job) -> None:
        """The result of a run in Experiments."""
        rng, book = self.rng, self.book
        server = f"> Server : {book.link('Server', job.begun)}"
        said = job.said
        if job.mess == "same":
            other = self.before(job)
            same = f"[[#{book.style('Experiments', other.ended)}]]"
            said = f"{job.key[0].upper()}{job.key[1:]}. Exactly the same with {same} besides."
        if job.state != "finished":
            end = "> Stopped." if job.state == "stopped" else f"> [!error] NaN after {rng.randrange(3, 30)} epochs."
            book.add("Experiments", job.ended, "\n".join([f"> {said}", server, end, ""]))
            return
        sets = self.arrays(job.overall, job)
        remark = rng.choice(REMARKS) if rng.random() < 0.3 and job.sound else ""
        if job.mess == "interim":
            part = [f"> {said} Interim, after two sessions, still running.", server]
            part += [*self.arrays(job.overall[:3], job, 2), ""]
            book.add("Experiments", job.begun, "\n".join(part))
        if job.mess == "two":
            early = ["Result with best fifth session", *self.arrays(job.early, job)]
            lines = [f"> {said}", server, *early, "Final result", *sets]
        elif job.verdict:
            lines = [f"> [!fail] {job.verdict}", f"> {said}", server, *sets]
        elif job.ended < self.work[14] and not job.mess:
            lines = [f"```txt {said}", *sets, "```"]
        elif rng.random() < 0.3:
            lines = ["> [!note] Config", f"> {said}", server, *sets]
        else:
            detail = f"> Detail : {book.link(job.campaign.note, self.first_day[job.campaign.note])}"
            lines = [f"> {said}", *([detail] if rng.random() < 0.4 else []), server, *sets]
        text = "\n".join([*lines, *([remark] if remark else []), ""])
        if job.mess == "under":
            suffix = f"Experiments-{book.style('Experiments', job.ended)}"
            book.add("Experiments", job.begun, text, f"={suffix}")
        else:
            book.add("Experiments", job.ended, text)

    def arrays(self, overall: list[float], job: Job, n: int = 5) -> list[str]:
        """The four labelled arrays."""
        named = (("Seen acc:", job.seen), ("Unseen acc:", job.unseen), ("Harmonic mean:", job.harmonic))
        return [str(overall), *(text for name, array in named for text in (name, str(array[:n])))]

    def write_stories(self) -> None:
        """The drawn stories, each over some work days."""
        rng, book = self.rng, self.book
        for story in rng.sample(STORIES, 20):
            length = story.entries[-1][0]
            first = rng.randrange(0, len(self.free) - length)
            days = [self.free[first + offset] for offset, *_ in story.entries]
            values = {name: rng.choice(pool) for name, pool in story.figures.items()}
            values |= {f"L{i}": book.link(e[1], days[i]) for i, e in enumerate(story.entries)}
            for day, (_, note, sub, text) in zip(days, story.entries, strict=True):
                book.add(note, day, self.put(text, values), sub)
            self.told.append((story, days, values))

    @staticmethod
    def put(text: str, values: dict[str, Any]) -> str:
        """Text with its figures."""
        for name, value in values.items():
            text = text.replace("{" + name + "}", str(value))
        return text

    def write_tasks(self) -> None:
        """The to-do notes."""
        rng, book = self.rng, self.book
        days = rng.sample(self.work[1:-3], 13)
        pool = rng.sample(TASKS, 26)
        for i, (sub, text, form) in enumerate(pool):
            day = days[i % 13]
            state = rng.choices(["x", " ", "-", ">", "~"], [9, 7, 4, 4, 2])[0]
            task = {"sub": sub, "text": text, "form": form, "day": day, "state": state, "first": state, "again": None}
            if state in "x" and rng.random() < 0.45:
                later = [d for d in self.work if 2 <= (d - day).days <= 12]
                task["first"], task["again"] = rng.choice([" ", "-"]), rng.choice(later)
            self.tasks.append(task)
        for task in self.tasks:
            for day, state in ((task["day"], task["first"]), (task["again"], task["state"])):
                if day is None:
                    continue
                text = task["text"] + "."
                line = f"- [ ] ~~{text}~~" if state == "~" else f"- [{state}] {text}"
                if state == "x" and rng.random() < 0.3:
                    line += "\n  > [!note]\n  > Detail : took longer than it should."
                if state == "-" and rng.random() < 0.5:
                    line += "\n  - half of it is there"
                book.add(f"{day:%B}", day, line, task["sub"])

    def write_rest(self) -> None:
        """Small talk, papers and short notes until the vault has its size."""
        rng, book = self.rng, self.book
        for day in self.work:
            for line in rng.sample(FILLER, rng.randrange(1, 4)):
                book.add("Scratch", day, f"- {self.clock(0.1)}{line}")
        left = self.count - len(book.days)
        self.papers = rng.sample(PAPERS, max(3, min(len(PAPERS), left)))
        for title, what, doubt, *_ in self.papers:
            tip = "> [!tip] Read the appendix too, some day."
            book.plain[title] = [("Summary", f"- {what}"), ("Doubts", f"- {doubt}\n{tip}")]
        for name in STUBS[: max(0, left - len(self.papers))]:
            book.plain[name] = [("Notes", "- " + "\n- ".join(rng.sample(FILLER, 2)))]

    # The questions.

    def put_question(
        self, kind: str, words: list[str], *, must: list[list[str]] | None = None, lead: list[list[str]] | None = None,
        sections: list[list[str]] | None = None, allowed: list[str] | None = None, never: list[str] | None = None,
        as_of: Day | None = None, answered: bool = True, check: tuple[Any, ...] = (),
    ) -> None:  # fmt: skip
        """One question, in one of its wordings."""
        text = self.rng.choice(words)
        if any(q.question == text and q.as_of == (as_of.isoformat() if as_of else "") for q in self.questions):
            return
        if self.rng.random() < 0.08:
            text = self.rng.choice(["Sorry, quick one: ", "Hi, for the report: ", "Can you look it up please: "]) + text
        name = f"fieldbook-{self.seed}-{len(self.questions):03}"
        self.questions.append(
            Question(
                name, kind, text, self.today.isoformat(), answered, [both(g) for g in must or []],
                [both(g) for g in lead or []], both(never or []), sections or [], allowed or [],
                as_of.isoformat() if as_of else "",
            )
        )  # fmt: skip
        if check:
            self.checks[name] = check

    def at_server(self, job: Job) -> list[str]:
        """Where the command of a run stands."""
        return self.book.places("Server", job.begun)

    def at_result(self, job: Job) -> list[str]:
        """Where the result of a run stands."""
        if job.mess == "under":
            return [self.late(job), *self.book.places("Experiments", job.begun)]
        return self.book.places("Experiments", job.ended)

    def late(self, job: Job) -> str:
        """The place of a result under an older day."""
        return f"Experiments#Experiments-{self.book.style('Experiments', job.ended)}"

    def around(self, *jobs: Job) -> list[str]:
        """All places that speak of these runs."""
        places: list[str] = []
        for job in jobs:
            places += self.at_server(job) + self.book.places("Experiments", job.begun)
            places += [self.late(job), *self.book.places("Experiments", job.ended)]
            c = job.campaign
            places += self.book.places(c.note, self.first_day[c.note], "Idea")
            places += self.book.places(c.note, self.first_day[c.note], "Code")
            places += self.book.places(c.note, self.first_day[c.note + "!"])
            if job.doubt_day:
                places += self.book.places("Scratch", job.doubt_day)
        return list(dict.fromkeys(places))

    @staticmethod
    def figure(job: Job, metric: str) -> float:
        """A final figure of a run."""
        return {"acc": job.overall[-1], "base": job.overall[0], "unseen": job.unseen[-1], "harm": job.harmonic[-1]}[
            metric
        ]

    def span(self, a: Day, b: Day) -> list[Job] | None:
        """The runs that were started from a to b, None where a run stands on both sides of an end."""
        inside = [j for j in self.jobs if a <= j.begun <= b]
        ends = [j for j in self.jobs if a <= j.ended <= b]
        across = any(j.begun < a and j.ended > b for j in self.jobs)
        return inside if not across and {id(j) for j in inside} == {id(j) for j in ends} else None

    def ask_jobs(self) -> None:
        """The questions about the runs."""
        self.ask_intervals()
        self.ask_ranks()
        self.ask_counts()
        self.ask_figures()
        self.ask_mess()
        self.ask_campaigns()

    def words(self, name: str, **values: Any) -> list[str]:
        """The wordings of a kind with their figures."""
        return [self.put(text, values) for text in WORDS[name]]

    def where(self, jobs: list[Job], part: str = "", extra: list[Job] | None = None) -> dict[str, Any]:
        """Places of these runs: their results, their server entries or any of both."""
        found = [(part != "result") * self.at_server(j) + (part != "server") * self.at_result(j) for j in jobs]
        return {"sections": found, "allowed": self.around(*jobs, *(extra or []))}

    def ask_intervals(self) -> None:
        """What was run when; also when nothing was."""
        rng, day = self.rng, datetime.timedelta(days=1)
        used: set[Day] = set()
        for _ in range(400):
            a = rng.choice(self.work)
            length = rng.choice([1, 1, 2, 3, 4, 7])
            a = a - day * a.weekday() if length == 7 else a
            b = a + day * (length - 1)
            jobs = self.span(a, b)
            if not jobs or len(jobs) > 4 or a in used or b >= self.today or len(used) >= 4:
                continue
            used.add(a)
            name = {1: "on_day", 7: "week"}.get(length, "between")
            words = self.words(name, x=spoken(a, rng), y=spoken(b, rng))
            self.put_question("runs_interval", words, must=[j.forms.split("|") for j in jobs], **self.where(jobs))
        last = self.work[-1]
        for n in (1, 3, 4, 5, 6):
            a = self.today - day * n
            jobs = self.span(a if n == 1 else a + day, last)
            if not jobs or len(jobs) > 5 or (n > 1 and any(a in (j.begun, j.ended) for j in self.jobs)):
                continue
            words = self.words("yesterday" if n == 1 else "past", n=n)
            self.put_question("runs_interval", words, must=[j.forms.split("|") for j in jobs], **self.where(jobs))
            if n > 1:
                break
        busy = {d for _, days, _ in self.told for d in days}
        quiet = [d for d in self.free if d not in busy and not any(j.begun <= d <= j.ended for j in self.jobs)]
        for d in rng.sample(quiet, min(3, len(quiet))):
            self.put_question(
                "none_run", self.words("on_day", x=spoken(d, rng)), answered=False, check=("count", d, d, "", 0)
            )
        a, b = self.gap[0], self.gap[-1]
        words = self.words("between", x=spoken(a, rng), y=spoken(b, rng))
        self.put_question("none_run", words, answered=False, check=("count", a, b, "", 0))

    def ranked(self, metric: str, jobs: list[Job], high: bool, strict: bool) -> Job | None:
        """The best or worst of these; None where irregular runs leave it open. strict: no retracted one above."""
        ok = [j for j in jobs if j.sound and j.mess not in ("two", "interim", "running")]
        unsure = [j for j in jobs if j.state == "finished" and j not in ok]
        unsure = [j for j in unsure if strict or j.sound or j.mess == "pasted"]
        if len(ok) < 3:
            return None
        sign = 1 if high else -1
        top = max(ok, key=lambda j: sign * self.figure(j, metric))
        mark = sign * self.figure(top, metric)
        for job in unsure:
            values = [*job.early, *([job.options["real"]] if job.mess == "pasted" else [])]
            values += [self.figure(job, metric)] if strict or job.sound else []
            if any(sign * v >= mark for v in values):
                return None
        return top if sum(sign * self.figure(j, metric) == mark for j in ok) == 1 else None

    def ask_ranks(self) -> None:
        """Best, worst, first and last."""
        rng = self.rng
        filters: list[tuple[str, str, str, list[Job]]] = [("", "of all runs", "", self.jobs)]
        for layer, said in (
            ("GRU", "with a GRU"),
            ("Transformer", "with a Transformer"),
            ("None", "without a sequence layer"),
        ):
            jobs = [j for j in self.jobs if j.options["sequential_layer"] == layer]
            if not any(j.mess == "same" for j in jobs):
                filters.append(("", f"of the runs {said}", layer, jobs))
        for c in self.campaigns:
            filters.append(("", f"of the runs about {c.alias}", c.note, [j for j in self.jobs if j.campaign is c]))
        for first in sorted({d.replace(day=1) for d in self.work}):
            jobs = [j for j in self.jobs if first in (j.begun.replace(day=1), j.ended.replace(day=1))]
            if all(j.begun.month == j.ended.month for j in jobs):
                filters.append((f"{first:%Y-%m}", f"of the runs in {first:%B}", "month", jobs))
        asked: set[tuple[str, str, str]] = set()
        counts = {"best": 3, "worst": 2, "best_sound": 3}
        wide = [f for f in filters if len(f[3]) > 3]
        rng.shuffle(wide)
        rng.shuffle(filters)
        for pattern, words, what, jobs in [*wide, *filters, *wide]:
            for grade in ("best", "worst", "best_sound"):
                high = grade != "worst"
                metric = rng.choice(list(METRICS))
                top = self.ranked(metric, jobs, high, grade != "best_sound")
                clear = grade == "best_sound" and self.ranked(metric, jobs, True, True)
                if top is None or not counts[grade] or clear or (grade, metric, words) in asked:
                    continue
                asked.add((grade, metric, words))
                counts[grade] -= 1
                value = self.figure(top, metric)
                word = rng.choice(["best", "highest"] if high else ["lowest", "worst"])
                text = "sound" if grade == "best_sound" else "rank"
                said = self.words(text, g=word, w=words, m=self.name(metric))
                check, where = ("rank", metric, high, pattern, what, value), self.where([top], "result", jobs)
                must = [top.forms.split("|")]
                self.put_question(grade, said, lead=[bare(value)], must=must, check=check, **where)
                break
        made = 0
        for c in rng.sample(self.campaigns, 14):
            jobs = [j for j in self.jobs if j.campaign is c]
            messy = any(j.mess in ("multi", "nocommand", "running", "interim", "under") for j in jobs)
            if messy or len({j.begun for j in jobs}) < 3 or made >= 3:
                continue
            made += 1
            word = ["last", "first"][made % 2]
            job = (min if word == "first" else max)(jobs, key=lambda j: j.begun)
            day = job.begun
            dates = [f"{day:{f}}" for f in ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d")]
            dates += [f"{day.day} {day:{f}}" for f in ("%B", "%b")] + [f"{day:{f}} {day.day}" for f in ("%B", "%b")]
            words = self.words("order", o=word, a=c.alias)
            check, must = ("order", c, word == "first", day), [job.forms.split("|"), dates]
            self.put_question(word, words, must=must, check=check, **self.where([job], "server", jobs))

    def name(self, metric: str) -> str:
        """A metric in somebody's words."""
        return self.rng.choice(METRICS[metric])

    def ask_counts(self) -> None:
        """How many runs."""
        rng = self.rng
        multi = [j for j in self.jobs if j.mess == "multi"]
        spans: list[tuple[str, Day, Day]] = []
        for a in sorted({d.replace(day=1) for d in self.work}):
            b = (a + datetime.timedelta(days=32)).replace(day=1) - datetime.timedelta(days=1)
            if b < self.today:
                spans.append(("count_month", a, b))
        rng.shuffle(spans)
        spans = spans[:2]
        for _ in range(60):
            a, b = sorted(rng.sample(self.work, 2))
            if len(self.span(a, b) or []) >= 4 and (b - a).days <= 25:
                spans.append(("count_between", a, b))
        made = 0
        for name, a, b in spans:
            if any(a <= j.begun <= b for j in multi) or made >= 3:
                continue
            made += 1
            n = sum(a <= j.begun <= b for j in self.jobs)
            words = self.words(name, x=spoken(a, rng), y=spoken(b, rng), m=f"{a:%B}")
            self.put_question("count", words, lead=[[str(n)]], check=("count", a, b, "", n))
        layer, said = rng.choice([("Transformer", "a Transformer layer"), ("GRU", "a GRU")])
        jobs = [j for j in self.jobs if j.options["sequential_layer"] == layer]
        if jobs and not any(j.mess in ("multi", "nocommand") for j in jobs):
            n = len(jobs)
            check = ("count", self.work[0], self.today, layer, n)
            self.put_question("count", self.words("count_layer", w=said), lead=[[str(n)]], check=check)
        for state in ("nan", "stopped"):
            jobs = [j for j in self.jobs if j.state == state]
            self.put_question("failed", WORDS[state], must=[j.forms.split("|") for j in jobs], **self.where(jobs))

    def ask_figures(self) -> None:
        """Figures, options, comparisons and effects."""
        rng = self.rng
        clean = [j for j in self.jobs if j.sound and j.mess in ("", "multi", "under", "slip", "swap")]
        for job in rng.sample(clean, 4):
            metric = rng.choice(list(METRICS))
            value = self.figure(job, metric)
            words = self.words("figure", m=self.name(metric), k=job.key, a=job.campaign.alias, v=job.value)
            check = ("key", job.key, metric, value)
            self.put_question("figure", words, lead=[bare(value)], check=check, **self.where([job], "result"))
        for job in rng.sample(clean, 2):
            n = rng.randrange(1, 4)
            words = self.words("middle", k=job.key, p=["first", "second", "third", "fourth"][n])
            self.put_question("figure", words, lead=[bare(job.unseen[n])], **self.where([job], "result"))
        for job in [j for j in self.jobs if j.mess in ("two", "interim") and j.state == "finished"]:
            words = self.words("final", k=job.key)
            self.put_question("figure", words, lead=[bare(job.overall[-1])], **self.where([job], "result"))
        wanted = [j for j in self.jobs if j.mess in ("", "later", "own", "nan", "stopped")]
        for job in rng.sample(wanted, 4):
            option = rng.choice(list(OPTIONS))
            if option == "temperature" and job.campaign.option == "test_temp":
                option = "decay"
            value = job.options[option]
            words = self.words("option", o=rng.choice(OPTIONS[option]), k=job.key)
            lead = [sorted({str(value), f"{value:g}"})]
            check = ("option", job.key, option, str(value))
            self.put_question("option", words, lead=lead, check=check, **self.where([job], "server"))
        for job in rng.sample(wanted, 2):
            o = job.options
            must = [f"train.py {o['project']}", f"-{job.campaign.option} {job.value}", f"-lr_base {o['lr_base']}"]
            words = self.words("command", k=job.key)
            self.put_question("command", words, must=[[m] for m in must], **self.where([job], "server"))
        good = [j for j in self.jobs if j.sound and j.mess in ("", "multi", "under")]
        pairs = [("compare", *rng.sample(good, 2)) for _ in range(2)]
        for c in rng.sample(self.campaigns, 14):
            some = [j for j in good if j.campaign is c]
            if len(some) > 1 and len(pairs) < 5:
                pairs.append(("effect", some[0], some[-1]))
        for kind, a, b in pairs:
            metric = rng.choice(["acc", "unseen", "harm"])
            c = a.campaign
            words = self.words(kind, m=self.name(metric), k=a.key, l=b.key, o=c.option, v=a.value, w=b.value, a=c.alias)
            must = [bare(self.figure(j, metric)) for j in (a, b)]
            self.put_question(kind, words, must=must, **self.where([a, b], "result"))
        made = 0
        for d in rng.sample(self.work[20:-8], 20):
            jobs = [j for j in self.jobs if j.ended <= d]
            metric = rng.choice(["acc", "harm"])
            top = self.ranked(metric, jobs, True, False)
            later = [j for j in jobs if j.doubt_day and j.doubt_day > d]
            if top is None or made >= 3 or any(self.figure(j, metric) >= self.figure(top, metric) for j in later):
                continue
            made += 1
            value = self.figure(top, metric)
            words = self.words("as_of_said" if made == 1 else "as_of", m=METRICS[metric][0], x=spoken(d, rng))
            check, where = ("rank", metric, True, d.isoformat(), "until", value), self.where([top], "result", jobs)
            when = None if made == 1 else d
            self.put_question("as_of", words, lead=[bare(value)], as_of=when, check=check, **where)

    def ask_mess(self) -> None:
        """Contradictions, retractions, and what runs."""
        for job in self.jobs:
            o = job.options
            words = self.words(job.mess, k=job.key) if job.mess in WORDS else []
            if job.mess in ("slip", "swap"):
                said = re.findall(r"(\d+) epochs", job.said)
                must = [said, [str(o["epochs_base"])]] if said else [[str(o["lr_base"])], [str(o["decay"])]]
                self.put_question("contradiction", words, must=must, **self.where([job], "server"))
            elif job.mess == "own":
                phrase = next(p for text, p in VERDICTS if text == job.verdict)
                self.put_question("retracted", words, must=[[phrase]], **self.where([job], "result"))
            elif job.doubt and job.doubt_day:
                places = {"sections": [self.book.places("Scratch", job.doubt_day)], "allowed": self.around(job)}
                if job.mess == "pasted":
                    self.put_question("retracted", words, lead=[bare(o["real"])], **places)
                else:
                    phrase = next(p for text, p in DOUBTS if text == job.doubt)
                    self.put_question("retracted", words, must=[[phrase]], **places)
        job = self.jobs[-1]
        self.put_question("status", WORDS["running"], must=[job.forms.split("|")], **self.where([job], "server"))
        words = self.words("through", k=job.key)
        self.put_question("status", words, lead=[STILL], **self.where([job], "server"))
        bad = self.rng.choice([j for j in self.jobs if j.state in ("nan", "stopped")])
        self.put_question("status", self.words("became", k=bad.key), must=[[bad.state]], **self.where([bad]))

    def ask_campaigns(self) -> None:
        """Ideas and next steps of the campaigns, doubts about papers."""
        rng, book = self.rng, self.book
        for i, c in enumerate(rng.sample(self.campaigns, 5)):
            allowed = self.around(*[j for j in self.jobs if j.campaign is c])
            if i < 2:
                place = book.places(c.note, self.first_day[c.note], "Idea")
                self.put_question("idea", c.why, must=[[c.idea_must]], sections=[place], allowed=allowed)
            else:
                place = book.places(c.note, self.first_day[c.note + "!"])
                self.put_question("next", c.then, must=[[c.next_must]], sections=[place], allowed=allowed)
        for title, _, _, words, form in rng.sample(self.papers, 2):
            places = [[f"{title}#Doubts", f"{title}#Summary"]]
            self.put_question("paper", words, must=[[form]], sections=places, allowed=[f"{title}#"])

    def ask_stories(self) -> None:
        """The questions of the stories, at most two a story."""
        rng = self.rng
        picks: list[tuple[Ask, Story, list[Day], dict[str, Any]]] = []
        for story, days, values in self.told:
            first = [a for a in story.asks if a.kind in ("retracted", "changed", "as_of", "status", "next")]
            rest = [a for a in story.asks if a not in first]
            rng.shuffle(rest)
            rng.shuffle(first)
            some = (first[:1] + rest) if rng.random() < 0.7 else (rest + first)
            picks += [(a, story, days, values) for a in some[:2]]
        rng.shuffle(picks)
        for ask, story, days, values in picks[:23]:
            places = [
                self.book.places(note, day, sub) for (_, note, sub, _), day in zip(story.entries, days, strict=True)
            ]
            self.put_question(
                ask.kind,
                [self.put(w, values) for w in ask.words],
                must=[self.put(m, values).split("|") for m in ask.must],
                lead=[self.put(m, values).split("|") for m in ask.lead],
                never=[self.put(n, values) for n in ask.never],
                sections=[[p for i in ask.at for p in places[i]]],
                allowed=[p for i in ask.also for p in places[i]],
                as_of=days[ask.as_of] if ask.as_of >= 0 else None,
            )

    def task_places(self, task: dict[str, Any], which: str = "") -> list[str]:
        """Where a task stands, first and again."""
        days = [task[k] for k in ("day", "again") if task[k] and which in ("", k)]
        return [p for d in days for p in self.book.places(f"{d:%B}", d, task["sub"])]

    def ask_tasks(self) -> None:
        """The questions about the to-dos."""
        rng = self.rng
        again = [t for t in self.tasks if t["again"]]
        for task in rng.sample(again, min(2, len(again))):
            words = self.words("task", t=task["text"])
            places = {"sections": [self.task_places(task, "again")], "allowed": self.task_places(task)}
            self.put_question("task", words, lead=[YES], never=["not done", "not finished"], **places)
            when = task["again"] - datetime.timedelta(days=1)
            self.put_question("task_as_of", words, lead=[OPEN], sections=[self.task_places(task, "day")], as_of=when)
        for task in rng.sample([t for t in self.tasks if t["state"] in " -"], 2):
            words = self.words("task", t=task["text"])
            self.put_question("task", words, lead=[OPEN], sections=[self.task_places(task)])
        lists: list[tuple[list[str], list[dict[str, Any]], str]] = []
        for mark, name in ((">", "deferred"), ("-", "ongoing"), ("~", "struck")):
            lists.append((WORDS[name], [t for t in self.tasks if t["state"] == mark], ""))
        for month in sorted({t["day"].replace(day=1) for t in self.tasks}):
            found = [t for t in self.tasks if t["state"] == " " and t["day"].replace(day=1) == month]
            lists.append((self.words("untouched", m=f"{month:%B}"), found, ""))
        ticked: dict[Day, list[dict[str, Any]]] = {}
        for task in self.tasks:
            if task["state"] == "x":
                ticked.setdefault(task["again"] or task["day"], []).append(task)
        for day in rng.sample(sorted(ticked), 2):
            lists.append((self.words("ticked", x=spoken(day, rng)), ticked[day], "x"))
        everywhere = [p for t in self.tasks for p in self.task_places(t)]
        rng.shuffle(lists)
        for words, found, mark in [entry for entry in lists if 1 <= len(entry[1]) <= 4][:4]:
            places = [self.task_places(t, "again" if mark and t["again"] else "day") for t in found]
            must = [t["form"].split("|") for t in found]
            self.put_question("task_list", words, must=must, sections=places, allowed=everywhere)

    def refuse(self, kind: str, words: list[str], absent: str, as_of: Day | None = None) -> None:
        """A question that the notes cannot answer."""
        check = ("absent", absent) if absent else ()
        self.put_question(kind, words, answered=False, as_of=as_of, check=check)

    def ask_nothing(self) -> None:
        """What the notes cannot answer."""
        rng = self.rng
        for words, absent in rng.sample(NEVER_WRITTEN, 6):
            self.refuse("refusal_never", words, absent)
        near = [pair for story, _, values in self.told for pair in story.refuse]
        for words, absent in rng.sample(near, min(12, len(near))):
            self.refuse("refusal_near", words, absent)
        for c in [*rng.sample(self.campaigns, 3), *self.left_out]:
            value = c.untried if c in self.campaigns else c.values[1]
            key = c.phrase.replace("{v}", str(value))
            absent = rf"{re.escape(key)}\b|{c.option}`? {re.escape(str(value))}\b"
            self.refuse("refusal_untried", self.words("untried", k=key), absent)
        done = [j for j in self.jobs if j.sound and not j.mess]
        details = rng.sample(fields(DETAIL_TEXT), 3)
        for (absent, words), job in zip(details, rng.sample(done, 3), strict=True):
            asked = [self.put(w, {"k": job.key}) for w in words.split(" / ")]
            self.refuse("refusal_detail", asked, absent.replace("%", "\\"))
        job = rng.choice([j for j in self.jobs if j.begun > self.work[25] and not j.mess])
        before = self.first_day[job.campaign.note] - datetime.timedelta(days=3)
        self.refuse("refusal_as_of", self.words("untried", k=job.key), "", before)


def make(out: Path, seed: int, notes: int) -> Maker:
    """The journal, written, and what was drawn."""
    maker = Maker(seed, notes)
    maker.make()
    out.mkdir(parents=True, exist_ok=True)
    for name in [*maker.book.days, *maker.book.plain]:
        (out / f"{name}.md").write_text(maker.book.text(name), "utf-8")
    return maker


def make_journal(out: Path, seed: int, notes: int) -> list[Question]:
    """Writes the notes straight into out and returns the questions."""
    return make(out, seed, notes).questions


# The check: reads the written files again, knowing nothing of the drawn runs.


def heading_day(line: str) -> Day | None:
    """The day of a level-2 heading."""
    match = re.fullmatch(r"## (\d{4})[-/]?(\d\d)[-/]?(\d\d) *", line)
    return Day(*map(int, match.groups())) if match else None


def sections(text: str) -> dict[str, str]:
    """Text under each heading; a day holds its sub-sections too."""
    found: dict[str, str] = {}
    day = inner = ""
    for line in text.split("\n"):
        match = re.match(r"(#{2,4}) (.*)", line)
        if match and match[1] == "##":
            day, inner = match[2].strip(), ""
        elif match:
            inner = match[2].strip()
        for name in {day, inner} - {""}:
            found[name] = found.get(name, "") + line + "\n"
    return found


def by_day(text: str) -> dict[Day, list[str]]:
    """The lines of each day."""
    found: dict[Day, list[str]] = {}
    lines: list[str] = []
    for line in text.split("\n"):
        day = heading_day(line)
        if day:
            lines = found.setdefault(day, [])
        lines.append(line)
    return found


def entries(server: str) -> list[tuple[Day, str]]:
    """Day and text of each entry in Server."""
    found = []
    for day, lines in by_day(server).items():
        for piece in re.split(r"(?m)^(?=- \[.\] )", "\n".join(lines[1:])):
            if piece.startswith("- ["):
                found += [(day, piece)]
    return found


def results(experiments: str, doubted: list[str]) -> list[tuple[Day, str, dict[str, float]]]:
    """Day, description and final figures of each sound and complete record."""
    found = []
    for day, lines in by_day(experiments).items():
        for record in "\n".join(lines[1:]).split("\n\n"):
            arrays = [json.loads(a) for a in re.findall(r"(?m)^\[[-\d., ]+\]", record)]
            said = re.search(r"(?m)^(?:> (?!\[!)|```txt )(.+)", record)
            if len(arrays) < 4 or not said or "[!fail]" in record or len(arrays[-4]) < 6 or "best fifth" in record:
                continue
            if any(said[1].lower().startswith(key) for key in doubted):
                continue
            overall, _, unseen, harmonic = arrays[-4:]
            found.append(
                (day, said[1], {"acc": overall[-1], "base": overall[0], "unseen": unseen[-1], "harm": harmonic[-1]})
            )
    return found


def verify(maker: Maker, vault: Path) -> list[str]:
    """What is wrong with the gold."""
    notes = {p.stem: p.read_text("utf-8") for p in sorted(vault.glob("*.md"))}
    parts = {name: sections(text) for name, text in notes.items()}
    everything = "\n".join(notes.values())
    wrong: list[str] = []
    jobs = entries(notes["Server"])
    pattern = r"(?:The result with|The arrays under) (.+?) (?:is not valid|are pasted)"
    doubted = [key.lower() for key in re.findall(pattern, notes["Scratch"])]
    sound = results(notes["Experiments"], doubted)
    verdicts = {tuple(both(YES)), tuple(both(OPEN)), tuple(both(NONE)), tuple(both(STILL))}
    for q in maker.questions:
        places = [p for group in q.sections for p in group]
        held = ""
        for group in q.sections:
            texts = [parts.get(note, {}).get(head, "") for note, _, head in (p.partition("#") for p in group)]
            if not any(texts):
                wrong.append(f"{q.id}: no such place {group}")
            held += "\n".join(texts)
        flat = re.sub(r"\s+", " ", held).lower()
        for forms in [*q.must, *q.lead]:
            free = tuple(forms) in verdicts or q.kind in ("count", "none_run")
            free = free or (q.kind in ("first", "last") and forms is q.must[1])
            if not free and not any(form.lower() in flat for form in forms):
                wrong.append(f"{q.id} {q.kind}: {forms[:2]} not in {places[:3]}")
        if not q.answered and (q.must or q.lead or q.sections):
            wrong.append(f"{q.id}: a refusal with gold")
        if q.answered and not (q.must or q.lead):
            wrong.append(f"{q.id}: no gold")
        check = maker.checks.get(q.id, ())
        if check[:1] == ("count",):
            _, a, b, pattern, n = check
            if (count := sum(a <= day <= b and pattern in text.split("\n")[0] for day, text in jobs)) != n:
                wrong.append(f"{q.id}: counted {count}, gold {n}: {q.question}")
        elif check[:1] == ("absent",):
            if match := re.search(check[1], everything, re.I):
                wrong.append(f"{q.id}: {q.question} stands there: {match[0]}")
        elif check[:1] == ("rank",):
            _, metric, high, pattern, what, value = check
            rows = sound
            if what == "until":
                rows = [r for r in sound if r[0].isoformat() <= pattern]
            elif what == "month":
                rows = [r for r in sound if r[0].isoformat().startswith(pattern)]
            elif what in LAYERS:
                rows = [r for r in sound if LAYERS[what] in r[1]]
            elif what:
                c = next(c for c in CAMPAIGNS if c.note == what)
                keys = [c.phrase.replace("{v}", str(v)) for v in c.values]
                rows = [r for r in sound if any(r[1].lower().startswith(k.lower()) for k in keys)]
            figures = [row[2][metric] for row in rows]
            if not figures or (max(figures) if high else min(figures)) != value:
                wrong.append(f"{q.id}: {q.question} gold {value}, found {sorted(figures)[-2:]}")
        elif check[:1] == ("order",):
            _, c, first, day = check
            keys = [c.phrase.replace("{v}", str(v)).lower() for v in c.values]
            days = [d for d, text in jobs if any(k in text.split("\n")[0].lower() for k in keys)]
            if (min(days) if first else max(days)) != day:
                wrong.append(f"{q.id}: {q.question} gold {day}")
        elif check[:1] == ("key",):
            _, key, metric, value = check
            rows = [r for r in sound if re.match(re.escape(key) + r"[.,]", r[1], re.I)]
            if [r[2][metric] for r in rows] != [value]:
                wrong.append(f"{q.id}: {q.question} gold {value}, found {rows}")
        elif check[:1] == ("option",):
            _, key, option, value = check
            texts = [text for _, text in jobs if re.search(re.escape(key) + r"[.,]", text.split("\n")[0], re.I)]
            if len(texts) != 1 or set(re.findall(rf"-{option} ([^\s\\]+)", texts[0])) != {value}:
                wrong.append(f"{q.id}: {q.question} gold {value}")
    if len({q.question + q.as_of for q in maker.questions}) != len(maker.questions):
        wrong.append("a question stands twice")
    if re.search(r"\{\w+\}", everything):
        wrong.append("an unfilled place in the notes")
    return wrong


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=7000)
    parser.add_argument("--notes", type=int, default=40)
    parser.add_argument("--verify", action="store_true")
    given = parser.parse_args()
    vault = given.out / "vault"
    if vault.exists():
        shutil.rmtree(vault)
    maker = make(vault, given.seed, given.notes)
    lines = [json.dumps(q.to_json(), ensure_ascii=False) for q in maker.questions]
    (given.out / "questions.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    if given.verify:
        wrong = verify(maker, vault)
        for line in wrong:
            print(line)
        print(f"seed {given.seed}: {len(maker.questions)} questions, {len(wrong)} wrong")


if __name__ == "__main__":
    main()
