"""A blind journal for the question-answering tool: the workbook of a PhD student on few-shot class-incremental keyword
spotting with a paper deadline near. An advisor and a visiting researcher ask as well.

    python benchmarks/journal/workbook.py OUT --seed 8000 --notes 40 --verify

All stories, figures and people are invented. The gold is known when a line is written; `--verify` reads the written
files again with a reader of its own and counts once more."""

from __future__ import annotations

import argparse
import datetime
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from generate import Question

Day = datetime.date
ONE = datetime.timedelta(days=1)
MONTHS = [Day(2025, month, 1).strftime("%B") for month in range(1, 13)]
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


#: `=` topic :: slots; `+` tag, days after the start, note, sub-heading :: text; `?` kind, tags, as of, lead ::
#: wordings => what an answer must hold (`&&` parts groups, `||` forms) `!!` what it must not hold; `~` what no note
#: answers => words that no note holds. Indented lines go on with the line before.
STORIES_TEXT = r"""
= silence_trimmer :: word: up, off, two, go // ms: 35, 45, 55 // pad: 90, 120, 150
+ see 0 scratch - :: Why is "{word}" so bad in session 2... all the others are fine. Listen to the clips.
+ why 1 topic - :: - Listened to 40 clips. The trimmer eats the first {ms} ms of "{word}", the onset is too quiet for
    the energy gate.\n- So the encoder never hears the plosive. Not a problem of the prototypes at all!
+ fix 2 topic Fix :: - `pad_before` is {pad} ms now, trimming happens after the padding.
? debug why - - :: why was "{word}" recognised so badly back then? // what turned out to be wrong with the keyword
    "{word}"? // remind me what the trimmer did to "{word}" => eats the first {ms} ms || first {ms} ms || energy gate
    || onset is too quiet
? how fix - - :: how did I repair the silence trimmer // What was changed so that the trimmer no longer cuts the
    onset? // which pad_before do we have in the trimmer since the fix? => {pad} ms || `pad_before` is {pad} ||
    pad_before is {pad}
~ What energy threshold in decibel does the silence trimmer use? => dbfs || decibel || energy threshold
= prototype_norm :: sess: 3, 4 // pct: 22, 27, 31
+ see 0 scratch - :: Base classes win nearly always from session {sess} on. {pct} percent of the new clips land in a
    base class.
+ why 1 topic - :: - Printed the norms. The averaged prototypes are never normalised again, so the new ones are
    shorter and the dot product favours the old words.\n- With one clip a class the norm would be 1. Thats why the
    1-shot case looked healthy.
+ fix 2 topic Code :: - Added `F.normalize` after the mean in `update_fc_avg`.\n```python\ndef update_fc_avg(self, x,
    y):\n    proto = torch.stack([x[y == c].mean(0) for c in y.unique()])\n    return F.normalize(proto, dim=-1)```
? debug why - - :: Why did the base classes win nearly all the time? // what was the reason the new words kept landing
    in base classes // the old words swallowed the new ones, what did I find when I printed the norms? => never
    normalised again || new ones are shorter || dot product favours the old
? how fix - - :: how did i fix the prototype lengths in update_fc_avg? // What did we add to the prototype update to
    get equal norms? => f.normalize
? detail see - - :: how many percent of the new clips landed in a base class? // what share of new clips ended up in
    base classes before the fix? => {pct} percent || {pct}% || {pct} %
~ By how many points did the final accuracy rise after normalising the prototypes? => after normalising || points
    after `f.normalize`
= label_map :: a: backward, bed, cat // n: 2, 3
+ see 0 scratch - :: Accuracy of session {n} is below chance for one word. Below chance! Must be an index.
+ why 0 topic Debug :: - Found it: the label map is sorted by the alphabet in every session, so "{a}" takes the index
    of an old word as soon as it arrives.
+ fix 1 topic - :: - The order is written once to `class_order.json` and only appended to. Old checkpoints can not be
    used.
? debug why - - :: what caused the below chance accuracy for one word? // One keyword was under chance level - what
    was the bug? // what went wrong with the index of "{a}"? => sorted by the alphabet || takes the index of an old
? how fix - - :: how do we keep the class indices stable now? // where is the class order stored since the label map
    bug? => class_order.json
~ Who wrote the first version of the label map? => wrote the label map || label map was written by
= support_sampling :: n: 5, 8, 10 // sd: 1.4, 1.9, 2.3
+ see 0 topic Debug :: - All my runs draw the same support clips! `RandomState(0)` is built inside `__getitem__`, so
    the seed option changes nothing.
+ fix 1 topic - :: - The generator is made once in the sampler. Seeds differ now.
+ num 3 scratch - :: With {n} draws of support clips the last session scatters by {sd} points (standard deviation).
    One draw says nothing, report the mean.
? debug see - - :: Why did changing the seed make no difference to the support clips? // why were the support clips
    the same in all runs // seed option had no effect, reason? => inside `__getitem__` || inside __getitem__ ||
    randomstate(0)
? detail num - lead :: How much does the last session scatter over different support clips? // what std did i see over
    the draws of support clips? // spread of the last session over several draws of the support set pls => {sd}
~ What confidence interval do we report for the support draws? => confidence interval
= batchnorm_freeze :: gain: 1.1, 1.6, 2.4
+ idea 0 topic Idea :: - Idea: keep the batch norm of the encoder in eval mode after the base session.\n- Reason: five
    clips a class give statistics that are far too noisy, one loud clip moves the whole layer.
+ code 1 topic Code :: - `freeze_bn()` is called at the start of each incremental session.
+ res 3 scratch - :: Frozen batch norm: unseen accuracy up by {gain} points on average, seen stays. Keep it.
? why idea - - :: why do we keep batch norm frozen after the base session? // What was the argument for putting the
    norm layers in eval mode? // prof asks why bn is frozen in the incremental sessions => far too noisy || one loud
    clip moves
? detail res - lead :: what did freezing batch norm bring for the unseen words? // How many points did the frozen
    batch norm give on unseen accuracy? => {gain}
~ Did I try group norm in place of batch norm? => group norm || groupnorm
= pi_latency :: ms: 38, 47, 61 // dev: Raspberry Pi 4, Cortex-M7 board, Jetson Nano // att: 19, 26
+ num 0 topic - :: - One clip takes {ms} ms on the {dev}, single thread, mean of 200 clips.\n- The log-mel front end
    is a third of that. Suprising.
+ drop 4 topic - :: - Frame attention would add {att} ms on the {dev}. Dropped: too slow for the device claim in the
    abstract.
? detail num - lead :: how long does one clip take on the {dev}? // What latency did you measure on the {dev}? //
    inference time for 1 clip, {dev} => {ms} ms
? why drop - - :: why did we give up frame attention? // What was the reason for dropping the frame attention? //
    frame attention - why not in the model any more? => too slow for the device claim || {att} ms
~ How much RAM does the model need on the {dev}? => ram || megabyte
~ What power draw in milliwatts did I measure on the {dev}? => milliwatt || mw
= speaker_overlap :: n: 23, 41, 58 // clips: 112, 167, 204
+ claim 0 topic - :: - Checked the split by name: no speaker is in both support and test. Fine for the paper.
+ turn 9 topic - :: - The check of the overlap was wrong, I compared the hash with the suffix `_nohash_0` still on. In
    truth {n} speakers are in both support and test ({clips} test clips).\n> [!warning]  Do not claim speaker
    independence!
? retraction turn - - :: do support and test share any speakers? // Is it sound to say that no speaker is in both
    support and test? // are there speakers that appear both in support and in test? reviewer will ask => {n} speakers
    || {n}
? as_of claim claim - :: did I think there was speaker overlap between support and test? // what was my finding on
    speakers in both support and test? => no speaker is in both !! {n} speakers
~ How many of the overlapping speakers are women? => women || female
= reject_unknown :: tau: 0.42, 0.48, 0.55 // fa: 3.1, 4.4, 2.7
+ idea 0 topic Idea :: - Reject a clip when the largest cosine is below a threshold. No extra class, since an unknown
    class would have to be retrained whenever a word moves from unknown to known.
+ num 4 topic - :: - Threshold {tau} on the validation speakers gives {fa} false alarms an hour.
? why idea - - :: why is there no extra class for unknown words? // What speaks against an unknown class in our
    system? // why we use threshold for rejecting and not an own unknown class? => have to be retrained || would have
    to be retrained
? detail num - lead :: which rejection threshold did I end up with? // What is the cosine threshold for rejecting a
    clip? // threshold for unknown words = ? => {tau}
~ What is the false rejection rate at that cosine threshold for unknown words? => false reject
= pitch_shift :: semi: 2, 3, 4 // who: Mina, Tobias
+ idea 0 scratch - :: {who} says pitch shift helps with few speakers. Try +-{semi} semitones on the support clips.
+ res 3 topic - :: - Pitch shift makes it worse. The shifted clips have a metallic sound from the phase vocoder and
    the prototype moves to the artefact.\n- [!fail] not worth a second try with this vocoder.
? why res - - :: why did pitch shift make things worse? // What was wrong with the pitch shifted support clips? //
    pitch shift = bad, because? => metallic sound || moves to the artefact || phase vocoder
? idea idea - lead :: who suggested to try pitch shift? // whose idea was the pitch shift on the support clips =>
    {who}
~ Which library did I use for the pitch shift? => librosa || rubberband || sox
= checkpoint_disk :: gb: 410, 530, 690 // keep: 2, 3
+ see 0 scratch - :: Server says no space left on device. The checkpoints folder has {gb} GB, each epoch of every run
    is kept.
+ fix 1 topic - :: - `keep_last` {keep}: only the last {keep} epochs and the best one stay. Cron job cleans on Sunday.
? debug see - - :: what filled up the disk of the server? // Why was there no space left on the server that time? //
    disk full on the gpu box - reason? => each epoch of every run is kept || {gb} gb
? how fix - - :: how many checkpoints are kept per run now? // what did we set so the checkpoints no longer fill the
    disk? => `keep_last` {keep} || keep_last {keep} || only the last {keep} epochs
~ How large is the whole disk of the server? => terabyte || tb
= loader_hang :: w: 8, 12, 16 // ep: 3, 7, 11
+ see 0 scratch - :: Training stands still at epoch {ep}, GPU at 0 percent, no error. Happens only with {w} workers.
+ why 1 topic - :: - py-spy shows all workers waiting on a lock of the resampler, it was taken before the fork.\n-
    Fix: `multiprocessing_context` is spawn. Start-up takes longer but no hang for 4 days.
? debug why - - :: why did training hang without any error? // what made the data loader stand still? // GPU at 0
    percent and nothing moves: what was the cause last time? => lock of the resampler || taken before the fork
? how why - - :: how did I get rid of the hanging workers? // what's the cure for the loader that hangs => is spawn ||
    spawn
~ How many seconds does start-up take with spawn? => seconds with spawn || spawn takes
= half_precision :: t: 32, 64 // sp: 1.6, 1.8, 2.1
+ idea 0 topic Idea :: - fp16 makes an epoch {sp} times faster. Use it for everything?
+ why 2 topic Debug :: - NaN after a few hundred steps. The cosine logits times temperature {t} leave the range of
    fp16 in the backward pass.\n- Solved: logits and loss are computed in fp32, the encoder stays in fp16.
? debug why - - :: where did the NaNs in half precision come from? // Why does fp16 training give NaN and what was
    done? // fp16 nan - what was it again => leave the range of fp16 || computed in fp32 || in fp32
? detail idea - lead :: how much faster is an epoch with fp16? // speed-up from half precision? => {sp}
~ Did I compare bf16 against fp16? => bf16 || bfloat
= session_order :: d: 3.2, 4.1, 2.8 // k: 3, 5
+ num 0 topic - :: - Shuffled the order in which the words arrive: the last harmonic mean moves by {d} points. Same
    code!
+ dec 2 Meeting_Lindqvist - :: - Order of words: we report the mean over {k} fixed orders, listed in the appendix.
    Prof. Lindqvist does not want a hand-picked one.
? detail num - lead :: how much does the order of the words matter for the harmonic mean? // By how many points does
    the last harmonic mean move when the word order is shuffled? => {d} points || {d}
? decision dec - - :: what did we agree on about the order of words in the paper? // How many fixed orders do we
    report? // what did Lindqvist want regarding word orders => {k} fixed orders
~ Which word order gave the lowest harmonic mean? => lowest order || worst order
= tree_three :: a: tree, four, bird // b: three, forward, bed // n: 64, 81, 97
+ see 0 scratch - :: {n} clips of "{a}" are called "{b}" in the last session. By far the worst pair.
+ idea 1 topic Idea :: - For look-alike words: push only the closest pair of prototypes apart, a pairwise margin, not
    the whole space. The other words should not pay for it.
+ next 2 topic - :: - Next: choose the pair on the validation clips, not by hand, then one run with margin 0.2.
? detail see - lead :: how many "{a}" clips were taken for "{b}"? // count of "{a}" called "{b}" in the last session
    => {n} clips || {n}
? idea idea - - :: what was my idea for words that sound alike? // How did I want to deal with look-alike words? //
    idea for the confusable pairs? => pairwise margin || closest pair of prototypes
? next_step next - - :: what is the next step for the pairwise margin? // what did i plan to do next about the
    look-alike words => choose the pair on the validation clips || validation clips
~ How many clips of the look-alike pair are confused after the pairwise margin? => after the pairwise margin
= okafor_recordings :: lang: Igbo, Frisian, Welsh // kw: 14, 18, 24 // sp: 31, 37, 52
+ got 0 topic - :: - Dr. Okafor brought recordings of {kw} {lang} keywords from {sp} speakers. 48 kHz, a kitchen and
    an office.
+ todo 2 topic - :: - Resampled to 16 kHz. Clipping in the kitchen part, leave these out of the test set.
? detail got - lead :: how many speakers are in the {lang} recordings? // My {lang} set - how many speakers did you
    count? // speakers in okafor's data? => {sp} speakers || {sp}
? why todo - - :: why is the kitchen part left out of the {lang} test set? // What is the matter with the kitchen
    recordings? => clipping
~ What accuracy do we get on the {lang} keywords? => accuracy on {lang} || {lang} accuracy
~ How old are the speakers in the {lang} recordings? => years old || age of the speakers
= confusion_plot :: a: no, down, wow // b: go, dog, one
+ claim 0 scratch - :: Confusion matrix: "{b}" is eaten by "{a}". So "{a}" is too broad.
+ turn 6 topic Fix :: - Rows and columns were swapped in `plot_confusion`. It is the other way round: "{a}" is eaten
    by "{b}".\n- Everything that I said about broad prototypes from this plot is void.
? retraction turn - - :: Is it right that "{b}" is eaten by "{a}"? // can I write in the paper that "{b}" gets eaten
    by "{a}"? => swapped || other way round || "{a}" is eaten by "{b}"
? debug turn - - :: what was wrong with the confusion plot? // which mistake was in plot_confusion? // bug in the
    confusion matrix figure - what was it? => swapped
? as_of claim claim - :: what did the confusion matrix say about "{a}" and "{b}"? => "{b}" is eaten by "{a}" || too
    broad !! swapped
~ Which colour map does the confusion plot use? => viridis || colormap || colour map
= weight_warmup :: ep: 8, 12, 15
+ why 0 topic - :: - The auxiliary loss rises from 0 to its weight over the first {ep} epochs, linear. Without it the
    encoder copies the envelope before it has learned a single word.
+ next 5 topic - :: - Next thing to try: a cosine ramp in place of the linear one, and stop the loss for the last 10
    epochs.
? why why - - :: why is the auxiliary loss ramped up at the beginning? // What happens without the warm-up of the
    auxiliary loss? // reason for the warmup of the aux loss? => copies the envelope
? next_step next - - :: what did I want to try next with the loss warm-up? // next experiment for the ramp of the
    auxiliary loss? => cosine ramp
~ Which paper does the loss warm-up come from? => warm-up paper || ramp from the paper
= lost_points :: p: 2.2, 2.9, 3.4 // old: 160, 200 // new: 320, 400
+ see 0 scratch - :: Since the merge the base accuracy is {p} points lower. Same command! Bisect tonight.
+ why 1 topic Debug :: - git bisect points to the refactoring of the front end by Jae: the default of `hop_length`
    went from {old} to {new}.\n- Put back to {old}, and the value is printed at start now.
? debug why - - :: what caused the accuracy drop after the merge? // Base accuracy fell after merging - what did the
    bisect find? // which change cost us the points after the merge? => `hop_length` || hop_length
? detail see - lead :: how many points did we lose with the merge? // size of the drop since the merge? => {p} points
    || {p}
~ What is the hash of the bad commit? => commit hash || sha
= int8_export :: drop: 1.7, 2.6, 3.3 // left: 0.3, 0.4, 0.6
+ num 0 topic - :: - int8 for the whole net costs {drop} points in the last session. Base session hardly moves.
+ fix 3 topic Code :: - One scale a channel in place of one a tensor: the loss shrinks to {left} points. The
    prototypes stay in float.
? detail num+fix - - :: how many points does int8 cost with one scale a channel? // what is lost by int8 after
    switching to per-channel scales? => {left} points || {left}
? how fix - - :: How was the loss from int8 brought down? // what reduced the quantisation loss // int8 export was bad
    at first, what helped? => one scale a channel
~ How big is the int8 model file? => kilobyte || kb || mb
= episode_training :: n: 4, 6 // q: 3, 7
+ idea 0 topic Idea :: - Idea: fake incremental sessions in the base training. Hide {n} base words, bring them back as
    {q}-clip words in each episode, so the encoder learns to leave room.
+ stop 5 topic - :: - An epoch takes four times as long and the gain is within the scatter. Parked until after the
    deadline.
? idea idea - - :: what was the idea behind the fake sessions? // Explain me the episode training idea // how was the
    encoder supposed to learn to leave room for new words? => hide {n} base words || fake incremental sessions
? status stop - - :: what is the state of the episode training? // are we still doing the episode training? // episode
    training: alive or dead? => parked || within the scatter
~ Which optimiser did the episode training use? => adamw || optimiser || optimizer
= loudness_norm :: db: -20, -23, -26
+ see 0 scratch - :: Quiet clips are rejected more often. The cosine should not care about loudness but the log floor
    does.
+ fix 2 topic - :: - Every clip is brought to {db} LUFS before the log-mel. Silence below the gate is left alone.
? why see - - :: why are quiet clips rejected more often? // How come loudness matters although we use the cosine? =>
    log floor
? how fix - lead :: to which loudness are the clips normalised? // What target loudness do I use before the log-mel //
    target LUFS? => {db} lufs || {db}
~ How many of the quiet clips are still rejected after the loudness step? => still rejected
= phoneme_start :: m: Tobias, Mina, Jae // clips: 2, 3
+ idea 0 topic Idea :: - {m} had the idea in the coffee corner: start a new prototype from the phonemes of the written
    word, then move it with the clips. Works before a single clip is recorded.
+ res 6 topic - :: - Helps with up to {clips} clips, after that the clips alone are better.
+ next 8 topic - :: - To do next: weight text against clips by the number of clips. One line of code, one night of
    GPU.
? idea idea - lead :: who came up with starting prototypes from phonemes? // whose idea is the phoneme start? // The
    phoneme initialisation, who had that idea? => {m}
? detail res - - :: up to how many clips does the phoneme start help? // when does starting from phonemes stop being
    useful? => up to {clips} clips || {clips} clips
? next_step next - - :: what comes next for the phoneme prototypes? // Which next step did I note for the phoneme
    start? => weight text against clips
~ Which pronunciation dictionary feeds the phoneme start? => cmudict || pronunciation dict || dictionary
= prototype_drift :: th: 0.08, 0.11, 0.14 // w: happy, marvin, sheila, zero
+ def 0 topic - :: - Drift of a word := cosine distance between its prototype in the base session and in the last
    one.\n- Above {th} the word is as good as lost.
+ num 3 topic - :: - "{w}" drifts most of all words. No idea why, it has no neighbour.
? how def - - :: how is prototype drift defined? // what exactly do I measure as drift of a word? // definition of
    drift (for the method section)? => cosine distance between its prototype
? detail num - lead :: which word drifts most? // Which keyword has the largest drift? // word w/ most drift? => {w}
~ How many of the words drift above the threshold? => words above || words drift
= room_responses :: n: 60, 115, 270
+ get 0 topic - :: - Took {n} room responses for the reverberation augmentation.
+ turn 5 topic - :: - Okafor read the licence: non-commercial only, and our project partner sells devices. Replaced by
    simulated rooms (image method).
? why turn - - :: why did we replace the room responses? // What was the trouble with the recorded room responses? //
    why simulated rooms instead of the measured ones => non-commercial
? detail get - lead :: how many room responses did I take at first? // number of room responses for the reverb
    augmentation? => {n}
~ What reverberation time do the simulated rooms have? => rt60 || reverberation time
= model_selection :: pts: 0.9, 1.3, 1.8
+ claim 0 topic - :: - The best epoch is picked by `best_acc` in the log. Nice and simple.
+ turn 8 topic - :: - Ouch. `best_acc` is computed on the test words, so the choice of the epoch peeks. Picking by
    validation costs {pts} points.\n> [!caution] Numbers picked by `best_acc` must not go into the paper.
? retraction turn - - :: may I use the numbers picked by best_acc in the paper? // Is picking the epoch by best_acc
    sound? // can we still rely on best_acc for choosing the epoch? => peeks || computed on the test words || must not
    go into the paper
? detail turn - lead :: what does picking the epoch by validation cost? // How many points do we lose when the epoch
    is chosen on validation? => {pts} points || {pts}
~ On how many validation clips is the epoch picked? => validation set has || validation clips for picking
= new_word_bias :: b: 0.03, 0.05, 0.07
+ see 0 scratch - :: Confidence on new words is too high, on old words too low. Temperature alone can not fix both.
+ fix 2 topic - :: - Subtract {b} from the cosines of the new words before the softmax. Fitted on the base session's
    held-out words.
? how fix - - :: how do I calibrate new words against old ones? // What is done to the logits of the new words before
    the softmax? // the bias on the new words - how much do we take off? => subtract {b} || {b}
? why see - - :: why is temperature alone not enough for calibration? // what's the trouble with confidence on new and
    old words? => can not fix both || too high, on old words too low || too high
~ What is the expected calibration error now? => calibration error || ece
= paper_plan :: venue: ASRU, ICASSP, SLT // pages: 4, 6, 8 // fig: 2, 3 // drop: ablation on batch size, section on
    privacy
+ meet 0 Meeting_Lindqvist - :: - {venue}, {pages} pages. Lindqvist wants the {drop} out, there is no room.\n- Figure
    {fig} has to be readable in grey.
+ stat 6 topic - :: - Introduction and method are written, results half, discussion empty. Figure {fig} is missing.
? decision meet - - :: what did I ask you to take out of the paper? // which part of the paper does the advisor want
    out? // what has to go from the paper for lack of room? => {drop}
? status stat - - :: how far is the draft? // What is the state of the paper, which parts are written? // status of
    the manuscript pls => results half || discussion empty
~ Who will be the last author of the paper? => last author
~ What was the review score of the paper? => review score
= gpu_sharing :: card: A5000, RTX 3090, A6000 // who: Jae, Mina // day: Tuesday, Thursday
+ rule 0 topic - :: - {who} gets the {card} on every {day} night, the other nights are mine until the deadline.
+ see 4 scratch - :: My job was killed at night. {who} had started on the {card} as agreed, I forgot the rule. My
    fault.
? decision rule - - :: which night belongs to {who} on the {card}? // what is the deal with {who} about the {card}? //
    when may {who} use the {card}? => {day}
? debug see - - :: why was my job killed at night? // who or what killed the night job on the {card}? => {who} had
    started || forgot the rule || {who}
~ How much memory does the {card} have? => gb of memory || 24 gb || 48 gb
= replay_privacy :: n: 16, 32, 64
+ idea 0 topic Idea :: - Instead of raw audio keep {n} numbers a clip, so no voice leaves the device. Okafor likes
    this for clinics.
+ res 4 topic - :: - Tobias could still tell the speaker from the stored numbers in most cases. So the privacy claim
    does not hold.
? retraction res - - :: does the privacy claim for the stored numbers hold? // Can we claim that the stored features
    protect the speaker? // is replay of features private, yes or no? => does not hold || could still tell the speaker
? detail idea - lead :: how many numbers a clip did I want to keep instead of audio? // size of the stored vector per
    clip in the replay idea? => {n} numbers || {n}
~ Which attack model did Tobias use to find the speaker? => attack model || x-vector || ecapa
= mel_bands :: a: 40, 64 // b: 80, 96
+ dec 0 topic - :: - From {a} to {b} mel bands: nothing gained, memory doubles. Stay with {a}.
+ turn 10 topic - :: - Correction: in the test of {b} bands the old cache with {a} bands was read, so nothing could
    change. Open again.
? retraction turn - - :: is it settled that {b} mel bands gain nothing? // can I tell Lindqvist that {b} mel bands do
    not help? // {b} mel bands useless - still true? => old cache || open again
? as_of dec dec - :: how many mel bands had I decided on? // mel bands: what was the decision? => stay with {a} || {a}
    !! old cache
~ What highest frequency in Hz do the mel bands reach? => 8000 hz || f_max || fmax
"""


def read_stories(text: str) -> list[Story]:
    """The stories of the text above."""
    out: list[Story] = []
    for line in re.sub(r"\n    ", " ", text.strip()).splitlines():
        sign, rest = line[0], line[2:]
        head, _, tail = rest.partition(" :: ")
        if sign == "=":
            pairs = (slot.split(": ", 1) for slot in tail.split(" // "))
            out.append(Story(head, {key: values.split(", ") for key, values in pairs}, [], [], []))
        elif sign == "+":
            tag, after, where, sub = head.split()
            where = where.replace("_", " ")
            out[-1].beats.append(Beat(tag, int(after), where, tail.replace("\\n", "\n"), sub.strip("-")))
        elif sign == "?":
            kind, tags, as_of, lead = head.split()
            tail, _, never = tail.partition(" !! ")
            wordings, _, forms = tail.partition(" => ")
            must = [group.split(" || ") for group in forms.split(" && ")]
            ask = Ask(kind, tags.replace("+", " "), wordings.split(" // "), must, must if lead == "lead" else [])
            ask.never, ask.as_of = never.split(" || ") if never else [], as_of.strip("-")
            out[-1].asks.append(ask)
        else:
            question, _, words = rest.partition(" => ")
            out[-1].near.append((question, words.split(" || ")))
    return out


STORIES = read_stories(STORIES_TEXT)


# ------------------------------------------------------------------------------------------------------ run families
#: name: (option, values, description, how one speaks of it, the option's everyday name)
FAMILIES: dict[str, tuple[str, list[str], str, str, str]] = {
    "temperature": (
        "temperature",
        ["4", "8", "24", "32"],
        "Cosine head, `temperature` {v}",
        "cosine head with temperature {v}",
        "the temperature",
    ),
    "noise": (
        "noise_prob",
        ["0.2", "0.4", "0.6"],
        "Noisy base training, `noise_prob` {v}",
        "noisy base training with noise_prob {v}",
        "noise_prob",
    ),
    "layer": (
        "sequential_layer",
        ['"GRU"', '"Transformer"', '"LSTM"'],
        "Sequential layer {p} on the frames",
        "sequential layer {p} on the frames",
        "the kind of sequential layer",
    ),
    "lpc": (
        "loss_lpc",
        ["0.2", "0.5", "1"],
        "LPC loss with weight {v}",
        "LPC loss with weight {v}",
        "the LPC loss weight",
    ),
    "shot": (
        "shot",
        ["1", "3", "10"],
        "Protocol with {v} shots a word",
        "protocol with {v} shots a word",
        "the number of shots",
    ),
    "mixup": (
        "mixup_alpha",
        ["0.2", "0.4", "0.8"],
        "Keyword mixup, alpha {v}",
        "keyword mixup with alpha {v}",
        "the mixup alpha",
    ),
    "shrink": (
        "proto_shrink",
        ["0.1", "0.3", "0.5"],
        "Prototypes shrunk towards the mean by {v}",
        "prototypes shrunk by {v}",
        "the shrinking of the prototypes",
    ),
    "replay": (
        "replay_per_class",
        ["1", "4", "8"],
        "Replay buffer, {v} clips a word",
        "replay buffer of {v} clips a word",
        "the size of the replay buffer",
    ),
    "margin": (
        "margin",
        ["0.1", "0.25", "0.4"],
        "Additive margin {v} in the base session",
        "additive margin {v}",
        "the additive margin",
    ),
    "teacher": (
        "teacher_weight",
        ["0.5", "2", "5"],
        "Distillation from the base teacher, weight {v}",
        "distillation with weight {v}",
        "the distillation weight",
    ),
    "hop": (
        "hop_length",
        ["80", "240", "480"],
        "Front end with hop {v} samples",
        "front end with a hop of {v} samples",
        "the hop length",
    ),
    "batch": (
        "batch_size_base",
        ["32", "64", "256"],
        "Base batches of {v} clips",
        "base batches of {v} clips",
        "the batch size",
    ),
    "specaug": (
        "spec_aug_mode",
        ['"time"', '"freq"', '"both"'],
        "SpecAugment in mode {p}",
        "SpecAugment in mode {p}",
        "the SpecAugment mode",
    ),
    "sim": (
        "emb_rec_similarity",
        ['"cosine"', '"dot"'],
        "Reconstruction matched by {p} similarity",
        "reconstruction matched by {p} similarity",
        "the similarity of the reconstruction",
    ),
    "adapter": (
        "adapter_rank",
        ["2", "6", "12"],
        "Adapters of rank {v} per session",
        "adapters of rank {v}",
        "the adapter rank",
    ),
    "lr": (
        "lr_base",
        ["0.001", "0.01", "0.02"],
        "Base learning rate {v}",
        "base learning rate {v}",
        "the base learning rate",
    ),
    "reg": (
        "loss_regularize",
        ["0.01", "0.05", "0.2"],
        "Embedding regulariser at {v}",
        "embedding regulariser at {v}",
        "the embedding regulariser",
    ),
    "dropout": (
        "drop_frames",
        ["5", "12", "20"],
        "Frame dropout, {v} frames a clip",
        "frame dropout of {v} frames",
        "frame dropout",
    ),
}
ORDER = re.findall(
    r"\w+",
    "project dataset base_mode new_mode lr_base decay epochs_base batch_size_base schedule temperature spec_aug_mode"
    " noise_prob sequential_layer loss_lpc emb_rec_similarity loss_regularize shot",
)

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
    ("Did the far-field array experiments work?", ["far-field", "beamform"]),
    ("what is the room number of the anechoic chamber?", ["anechoic"]),
    ("what did I note on the Kalman filter for pitch tracking", ["kalman"]),
    ("Is the curriculum learning run finished?", ["curriculum"]),
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
    "It is always the data. Always.",
    "==Write down what the server is doing== before going home.",
]
PAPERS = [
    "Few-Shot Class-Incremental Learning via Training-Free Prototype Calibration",
    "Forward Compatible Few-Shot Class-Incremental Learning",
    "Broadcasted Residual Learning for Efficient Keyword Spotting",
    "Prototypical Networks for Few-shot Learning",
    "Rehearsal-free Keyword Spotting on Small Devices",
    "Dynamic Support Networks for Incremental Words",
    "Linear Prediction A Tutorial Review",
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
    "shell_tricks": [
        "- `watch -n 5 nvidia-smi` in the left pane.",
        "- `rsync -av --partial` for the big folders, never scp again.",
    ],
    "vim_setup": ["- obsidian.nvim follows links with gf.", "- Folding by heading is on."],
    "lab_people": [
        "- Lindqvist: advisor. Okafor: visiting. Mina, Tobias, Jae: the office.",
        "- Plants are watered by Tobias.",
    ],
    "reading_list": ["- Metric learning survey.", "- Something on forgetting in the auditory cortex, just for fun."],
    "latex_notes": ["- Tables with booktabs, no vertical lines.", "- `\\vspace` is forbidden by the template."],
    "words_to_avoid": ["- novel, very, clearly", '- "outperforms" only with a number'],
    "seminar_notes": ["- Talk on codecs by Jae.", "- Talk on hearing aids, guest."],
    "bcresnet_code": [
        "- `SubSpectralNorm` splits in 5 bands.",
        "```python\nx = self.f2(x)\nx = x.mean(2, keepdim=True)```",
    ],
    "train_script": [
        "- Arguments are parsed in `parser.py`.",
        "```sh\npython train.py base -dataset gsc2 \\\n  -gpu 1 \\\n```",
    ],
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


# ------------------------------------------------------------------------------------------------------------- pages
def form(day: Day, style: str) -> str:
    """A day in one of the three forms of the headings."""
    return day.strftime({"-": "%Y-%m-%d", "/": "%Y/%m/%d", "": "%Y%m%d"}[style])


class Pages:
    """The notes while they are written: note -> day -> sub-heading -> blocks."""

    def __init__(self, seed: int, first: Day, last: Day) -> None:
        self.seed, self.first, self.span = seed, first, (last - first).days
        self.notes: dict[str, dict[Day, dict[str, list[str]]]] = {}
        self.plain: dict[str, list[str]] = {}
        self.top: dict[str, str] = {}

    def head(self, note: str, day: Day) -> str:
        """The heading of a day, always the same for the same note and day."""
        rng = random.Random(f"{self.seed} {note} {day}")
        late = (day - self.first).days > 0.45 * self.span
        return form(day, rng.choices(["-", "/", ""], [1, 8, 1] if late else [8, 1, 1])[0])

    def add(self, note: str, day: Day, text: str, sub: str = "") -> list[str]:
        """Adds a block and returns the places under which it can be cited, the innermost first."""
        heading = self.head(note, day)
        name = f"{sub}-{heading}" if sub else ""
        self.notes.setdefault(note, {}).setdefault(day, {}).setdefault(name, []).append(text)
        return [f"{note}#{name}", f"{note}#{heading}"] if sub else [f"{note}#{heading}"]

    def write(self, folder: Path) -> None:
        """Writes all notes."""
        folder.mkdir(parents=True, exist_ok=True)
        for note, days in self.notes.items():
            rng = random.Random(f"{self.seed} {note}")
            lines = [FRONT.format(name=note) + f"# {note}\n", self.top.get(note, "")]
            for day in sorted(days):
                lines.append(f"## {self.head(note, day)}" + (" " if rng.random() < 0.3 else ""))
                for sub in sorted(days[day], key=bool):
                    if sub:
                        lines.append(f"### {sub}")
                    lines += days[day][sub]
                lines.append("")
            (folder / f"{note}.md").write_text("\n".join(lines), "utf-8")
        for note, texts in self.plain.items():
            (folder / f"{note}.md").write_text(FRONT.format(name=note) + "\n".join([f"# {note}", *texts, ""]), "utf-8")


# ------------------------------------------------------------------------------------------------------------ writer
class Workbook:
    """One journal with its questions."""

    def __init__(self, seed: int, notes: int) -> None:
        self.rng = random.Random(seed)
        self.seed, self.size = seed, notes
        rng = self.rng
        first = Day(2025, 1, 6) + datetime.timedelta(days=7 * rng.randrange(30))
        self.today = first + datetime.timedelta(days=7 * rng.randint(9, 11) + rng.choice([2, 3, 4]))
        every = [first + k * ONE for k in range((self.today - first).days)]
        saturdays = {d for d in every if d.weekday() == 5 and rng.random() < 0.3}
        self.days = [d for d in every if d.weekday() < 5 or d in saturdays]
        gap_monday = first + datetime.timedelta(days=7 * rng.randint(3, 5))
        self.gap = (gap_monday, gap_monday + 6 * ONE)
        self.gap_why = rng.choice(["flu", "winter school", "power maintenance in the server room"])
        self.open_days = [d for d in self.days if not self.gap[0] <= d <= self.gap[1]]
        self.pages = Pages(seed, first, self.today)
        self.made: list[Made] = []
        self.count: dict[str, int] = {}
        self.runs: list[Run] = []
        self.tasks: list[Task] = []
        self.stories: list[tuple[Story, dict[str, str], dict[str, tuple[Day, list[str], str]]]] = []

    # -- the notes
    def plan_runs(self) -> None:
        """Draws the jobs with their days, figures and fates."""
        rng = self.rng
        chosen = rng.sample(sorted(FAMILIES), 13)
        slots: list[tuple[int, str, str]] = []
        span = len(self.open_days)
        for k, name in enumerate(chosen):
            at = int((k + rng.random() * 0.5) * (span - 7) / len(chosen))
            values = list(FAMILIES[name][1])
            rng.shuffle(values)
            for value in values[: rng.choice([2, 3, 3, 4])]:
                slots.append((min(at, span - 2), name, value))
                at += rng.choice([0, 1, 1, 2])
        slots.sort(key=lambda s: s[0])
        draws = {"project": ["base", "comp", "trans"], "lr_base": ["0.005", "0.003"], "decay": ["0.0005", "0.0001"]}
        draws |= {"epochs_base": ["30", "60", "100"], "noise_prob": ["0.0", "0.8"]}
        base = {name: {option: rng.choice(values) for option, values in draws.items()} for name in chosen}
        used: set[str] = set()
        for at, name, value in slots:
            option, _, desc, spoken, _ = FAMILIES[name]
            config = base[name] | {"dataset": "gsc2", "batch_size_base": "128", "temperature": "16"}
            if at > span * 0.3:
                config |= {"schedule": '"Cosine"', "base_mode": '"ft_cos"', "new_mode": "'avg_cos'"}
            config[option] = value
            known = [o for o in ORDER if o in config] + [o for o in config if o not in ORDER]
            p = value.strip('"')
            day = self.open_days[at]
            night = rng.random() < 0.3 and at + 1 < span and self.open_days[at + 1] == day + ONE
            run = Run(
                name,
                value,
                desc.format(v=value, p=p),
                spoken.format(v=value, p=p),
                {o: config[o] for o in known},
                day,
                day + ONE if night else day,
            )
            while not run.acc or number(run.final) in used or len(number(run.final)) < 6:
                self.draw_arrays(run)
            used.add(number(run.final))
            self.runs.append(run)
        plain = [r for r in self.runs[2:-4]]
        rng.shuffle(plain)
        reasons = [
            "the noise was added to the test clips too",
            "an old checkpoint was loaded by `model_dir`",
            "the support clips were part of the test set",
            "the labels of session 2 were shifted by one",
        ]
        rng.shuffle(reasons)
        for k in range(3):
            plain.pop().flaw = f"{'code' if k == 0 else 'void'}: {reasons[k]}"
        for fate in (
            "stopped: the loss did not move",
            "nan: NaN occurs after epoch 7",
            "oom: CUDA out of memory in session 2",
        ):
            run = plain.pop()
            run.fate, run.acc = fate, []
        wrong = max(plain, key=lambda r: r.start)
        plain.remove(wrong)
        donor = next(r for r in plain if r.start < wrong.start and r.family != wrong.family)
        plain.remove(donor)
        wrong.flaw = f"paste: {donor.desc}"
        wrong.acc, wrong.seen, wrong.unseen, wrong.hm = donor.acc, donor.seen, donor.unseen, donor.hm
        for _ in range(3):
            run = plain.pop()
            run.words_epochs = next(e for e in ("100", "60", "30") if e != run.config["epochs_base"])
        twice = plain.pop()
        twice.extra = [number(twice.final - 6.5)]
        late = self.runs[-1]
        late.start = late.end = self.days[-1]
        late.fate, late.acc = "running", []

    def draw_arrays(self, run: Run) -> None:
        """Plausible figures of a run."""
        rng = self.rng
        seen, unseen = rng.uniform(92, 97), rng.uniform(64, 82)
        run.acc, run.seen, run.unseen, run.hm = [round(seen + rng.uniform(0, 1.5), 3)], [], [], []
        for k in range(5):
            seen -= rng.uniform(0.3, 1.8)
            unseen -= rng.uniform(0.5, 5)
            run.seen.append(round(seen, 3))
            run.unseen.append(round(unseen, 3))
            share = 0.1 * (k + 1) * 0.9
            run.acc.append(round(seen * (1 - share) + unseen * share, 3))
            run.hm.append(round(2 * run.seen[-1] * run.unseen[-1] / (run.seen[-1] + run.unseen[-1]), 3))

    def link(self, note: str, day: Day) -> str:
        """A link to a day of a note; about one in seven is broken."""
        wrong = self.rng.random() < 0.14
        return f"[[{note}#{self.pages.head(note, day + ONE * 40 if wrong else day)}]]"

    def write_runs(self) -> None:
        """Server.md and Experiments.md."""
        rng, pages = self.rng, self.pages
        shared = next(((a, b) for a, b in zip(self.runs, self.runs[1:], strict=False) if self.can_share(a, b)), None)
        for k, run in enumerate(self.runs):
            old = k < len(self.runs) * 0.35
            if shared and run is shared[1]:
                self.write_result(run, old)
                continue
            both = list(shared) if shared and run is shared[0] else [run]
            mark = "-" if run.fate == "running" else "x"
            title = " and ".join(r.desc for r in both)
            epochs = run.words_epochs or (run.config["epochs_base"] if rng.random() < 0.3 else "")
            text = [f"- [{mark}] {title}" + (f", {epochs} epochs." if epochs and len(both) == 1 else ".")]
            if rng.random() < 0.4:
                text += ["  > [!note]", f"  > Code : {self.link(rng.choice(self.topics()), run.start)}"]
            text += ["", "```sh full config" if old else "```sh gsc2.sh"]
            for r in both:
                lines = [f"python train.py {r.config['project']} \\"]
                for option, value in r.config.items():
                    glue = "" if old and rng.random() < 0.2 else " "
                    lines.append(f"  -{option} {value}{glue}\\")
                if not old:
                    lines[-1] = lines[-1].rstrip("\\ ")
                text += [*lines, ""]
            text[-1] = "```"
            if run.fate.startswith("stopped"):
                text.append(f"Stopped. {run.fate[9:].capitalize()}.")
            elif run.fate and run.fate != "running":
                text.append(f"> [!error] {run.fate[5:]}.")
            elif run.fate != "running":
                text += ["> [!note] Result", f"> {self.link('Experiments', run.end)}"]
            places = pages.add("Server", run.start, "\n".join([*text, "---"]))
            for r in both:
                r.places += places
            self.write_result(run, old)
        self.retract()
        picks = [r for r in self.runs if r.sound and not r.extra][:6:2]
        rows = [f"| [[#{pages.head('Experiments', r.end)}]] | {r.desc} | {number(r.final)} |" for r in picks]
        pages.top["Experiments"] = "\n".join(
            ["```", "| day | what | last acc |", "|---|---|---|", *rows, "", "```", ""]
        )

    def can_share(self, a: Run, b: Run) -> bool:
        """Whether two jobs can stand in one entry."""
        healthy = not (a.fate or b.fate or a.words_epochs or b.words_epochs)
        return a.family == b.family and a.start == b.start and healthy

    def topics(self) -> list[str]:
        """Topic notes that links can name."""
        return [s.topic for s, _, _ in self.stories] or ["session_order"]

    def write_result(self, run: Run, old: bool) -> None:
        """The record in Experiments.md."""
        rng = self.rng
        if run.fate == "running":
            return
        server = f"> Server : {self.link('Server', run.start)}"
        arrays = self.arrays(run.acc, run.seen, run.unseen, run.hm) if run.acc else ""
        lines: list[str] = []
        if run.fate:
            if run.fate.startswith("oom"):
                return
            verdict = "> Stopped." if run.fate.startswith("stopped") else "> [!fail] NaN occurs."
            lines = [f"> {run.desc}.", server, verdict]
        elif run.extra:
            early = [round(x - 6.5, 3) for x in run.acc]
            parts = [[round(x - 6.5, 3) for x in part] for part in (run.seen, run.unseen)]
            hm = [round(2 * s * u / (s + u), 3) for s, u in zip(*parts, strict=True)]
            lines = [f"> {run.desc}.", server, "Result with best fifth session", self.arrays(early, *parts, hm)]
            lines += ["Final result", arrays]
        elif old:
            lines = [f"```txt {run.desc}", arrays, "```"]
            if run.flaw.startswith("code"):
                lines.insert(0, f"> [!fail] This result is from wrong code, {run.flaw[6:]}.")
        else:
            lines = [f"> {run.desc}.", server]
            before = [r for r in self.runs if r.family == run.family and r.end < run.end and not r.fate]
            if before and rng.random() < 0.3:
                lines.append(f"> Otherwise the same setting with [[#{self.pages.head('Experiments', before[-1].end)}]]")
            if rng.random() < 0.3:
                lines.append(f"> Detail : {self.link(rng.choice(self.topics()), run.start)}")
            if rng.random() < 0.25:
                lines += ["> [!note] Config", f"> lr {run.config['lr_base']}, decay {run.config['decay']}"]
            if run.flaw.startswith("code"):
                lines.append(f"> [!fail]  This result is from wrong code, {run.flaw[6:]}.")
            lines.append(arrays)
        if run.sound and rng.random() < 0.4:
            lines.append(rng.choice(REMARKS))
        run.places += self.pages.add("Experiments", run.end, "\n".join([*lines, ""]))

    def arrays(self, acc: list[float], seen: list[float], unseen: list[float], hm: list[float]) -> str:
        """The four labelled arrays."""
        rows = ["[" + ", ".join(map(number, part)) + "]" for part in (acc, seen, unseen, hm)]
        return f"{rows[0]}\nSeen acc:\n{rows[1]}\nUnseen acc:\n{rows[2]}\nHarmonic mean:\n{rows[3]}"

    def retract(self) -> None:
        """Later notes that take results back."""
        for run in self.runs:
            later = [d for d in self.days if d > run.end][:4]
            if run.flaw.startswith("void"):
                text = f'- The result of "{run.desc}" is void, {run.flaw[6:]}. Must be done again.'
                run.places += self.pages.add("Scratch", later[-1], text)
            elif run.flaw.startswith("paste"):
                text = f'- I pasted the arrays of "{run.flaw[7:]}" under "{run.desc}". The true ones are lost.'
                run.places += self.pages.add("Scratch", later[-1], text)

    def write_stories(self) -> None:
        """Beats of the drawn stories in their notes."""
        rng = self.rng
        for story in rng.sample(STORIES, 25):
            slots = {key: rng.choice(values) for key, values in story.slots.items()}
            for a, b in (("n", "q"), ("ms", "pad"), ("th", "w")):
                if a in slots and slots.get(b) == slots[a]:
                    slots[b] = story.slots[b][0]
            if "a" in slots and "b" in slots and len(story.slots["a"]) == len(story.slots["b"]) == 3:
                slots["b"] = story.slots["b"][story.slots["a"].index(slots["a"])]
            longest = max(beat.after for beat in story.beats)
            start = rng.randrange(0, len(self.open_days) - longest - 1)
            told: dict[str, tuple[Day, list[str], str]] = {}
            for beat in story.beats:
                day = self.open_days[start + beat.after]
                text = beat.text.format(**slots) if "torch" not in beat.text else beat.text
                note = {"topic": story.topic, "scratch": "Scratch"}.get(beat.where, beat.where)
                if note == "Scratch":
                    clock = f"{rng.randint(9, 18)}:{rng.randint(10, 59)}:{rng.randint(10, 59)} : "
                    text = f"- {clock if rng.random() < 0.3 else ''}{text}"
                told[beat.tag] = (day, self.pages.add(note, day, text, beat.sub), text)
            self.stories.append((story, slots, told))

    def write_tasks(self) -> None:
        """To-do notes, one a month."""
        rng, pages = self.rng, self.pages
        fates = rng.choices(["x", "-", " ", ">", "~"], [18, 5, 6, 3, 2], k=26)
        for (category, text), fate in zip(rng.sample(TASKS, 26), fates, strict=True):
            at = rng.randrange(1, len(self.open_days) - 5)
            steps = sorted(rng.sample(range(at, min(at + 9, len(self.open_days))), rng.choice([2, 2, 3])))
            states = [(self.open_days[s], " ") for s in steps]
            if len(states) == 3 and fate in "x-":
                states[1] = (states[1][0], "-")
            states[-1] = (states[-1][0], fate)
            self.tasks.append(Task(category, text, states))
        events: list[tuple[Day, str, str, Task | None]] = []
        for task in self.tasks:
            for day, state in task.states:
                line = f"- [ ] ~~{task.text}~~" if state == "~" else f"- [{state}] {task.text}"
                if state == "-" and rng.random() < 0.4:
                    line += "\n  > [!note]\n  > Idea : half of it is there"
                events.append((day, task.category, line, task))
        for run in self.runs:
            if run.fate != "running" and rng.random() < 0.35:
                line = f"- [x] Run: {run.desc}\n  > Server : {self.link('Server', run.start)}"
                if run.acc:
                    line += f"\n  > Result : {self.link('Experiments', run.end)}"
                events.append((run.end, "Experiments", line, None))
        for day, category, line, task in sorted(events, key=lambda e: (e[0], e[1])):
            places = pages.add(MONTHS[day.month - 1], day, line, category)
            if task:
                task.places = places
        self.plans = rng.sample(
            [
                "Send the tables to Lindqvist",
                "Listen to the worst ten clips",
                "Talk to Okafor about the office recordings",
                "Clean the figures folder",
                "Write the caption of the sessions figure",
            ],
            3,
        )
        last = self.days[-1]
        text = "\n".join(f"- [ ] {plan}" for plan in self.plans)
        self.plan_places = pages.add(MONTHS[last.month - 1], last, text, "Tomorrow")

    def write_rest(self) -> None:
        """Scratch's small talk, the gap, papers and small notes up to the number of notes."""
        rng, pages = self.rng, self.pages
        for day, text in zip(rng.sample(self.open_days, len(FILLER)), FILLER, strict=True):
            pages.add("Scratch", day, f"- {text}")
        why = {
            "flu": "Ill, flu. No work this week, the GPU rests.",
            "winter school": "At the school all week, no jobs started.",
        }
        self.gap_place = pages.add(
            "Scratch",
            self.gap[0],
            "- " + why.get(self.gap_why, "Power maintenance in the server room all week, no jobs."),
        )
        have = len(pages.notes)
        extra = rng.sample(sorted(EXTRA_NOTES), min(6, len(EXTRA_NOTES)))
        for name in extra:
            pages.plain[name] = EXTRA_NOTES[name]
        for title in rng.sample(PAPERS, max(0, min(len(PAPERS), self.size - have - len(extra)))):
            lines = rng.sample(PAPER_LINES, 3)
            if rng.random() < 0.5:
                pages.plain[title] = ["## Summary", *lines, f"![[{title[:8]}.png]]", "%%cite this%%"]
            else:
                for line in lines:
                    pages.add(title, rng.choice(self.open_days), line)

    # -- the questions
    def ask(
        self,
        kind: str,
        question: str,
        must: Sequence[Sequence[str]] = (),
        *,
        lead: Sequence[Sequence[str]] = (),
        never: Sequence[str] = (),
        sections: Sequence[Sequence[str]] = (),
        allowed: Sequence[str] = (),
        as_of: str = "",
        answered: bool = True,
        recount: Callable[[Reader], bool] | None = None,
        absent: Sequence[str] = (),
    ) -> None:
        """Adds a question."""
        self.count[kind] = self.count.get(kind, 0) + 1
        number_ = f"w{self.seed}-{kind}-{self.count[kind]:02d}"
        made = Question(number_, kind, question, self.today.isoformat(), answered, as_of=as_of)
        made.must = [lowered(group) for group in must]
        made.lead = [lowered(group) for group in lead]
        made.never = [text.lower() for text in never]
        made.sections = [list(dict.fromkeys(group)) for group in sections]
        made.allowed = list(allowed)
        self.made.append(Made(made, recount, list(absent)))

    def voice(self, question: str) -> str:
        """Now and then somebody else asks, or in a hurry."""
        rng = self.rng
        draw = rng.random()
        if draw < 0.1:
            return f"{rng.choice(['quick one', 'for the paper', 'Lindqvist asks', 'for the table'])}: {question}"
        if draw < 0.2:
            return question[0].lower() + question[1:].rstrip("?")
        if draw < 0.26 and question.endswith("?"):
            return f"{question} {rng.choice(['Thanks!', 'Need it for the draft.', 'thx'])}"
        return question

    def said(self, day: Day) -> str:
        """A day as people type it."""
        name = MONTHS[day.month - 1]
        return self.rng.choice([day.isoformat(), f"{day.day} {name}", f"{name} {day.day}", f"{name[:3]} {day.day}"])

    def day_forms(self, day: Day) -> list[str]:
        """Forms in which an answer may write a day."""
        name = MONTHS[day.month - 1]
        short = name[:3]
        out = [form(day, style) for style in "-/"] + [form(day, ""), f"{day.day} {name}", f"{name} {day.day}"]
        return [*out, f"{day.day} {short}", f"{short} {day.day}", f"{name} {day.day:02d}"]

    def within(self, a: Day, b: Day) -> list[Run] | None:
        """Jobs of an interval; nothing where one lies across its edge."""
        runs = [r for r in self.runs if a <= r.start <= b]
        return None if any((a <= r.start <= b) != (a <= r.end <= b) for r in self.runs) else runs

    def ask_intervals(self) -> None:
        """What ran in an interval; none then; how many."""
        rng, today = self.rng, self.today
        monday = today - today.weekday() * ONE
        spans: list[tuple[str, Day, Day]] = [
            ("last week", monday - 7 * ONE, monday - ONE),
            ("this week", monday, today),
            ("yesterday", today - ONE, today - ONE),
            ("the week before last", monday - 14 * ONE, monday - 8 * ONE),
        ]
        for day in rng.sample(self.open_days, 12):
            spans.append((f"on {self.said(day)}", day, day))
        mondays = sorted({d - d.weekday() * ONE for d in self.open_days if d < monday})
        for start in rng.sample(mondays, min(6, len(mondays))):
            spans.append((f"in the week of {start.isoformat()}", start, start + 6 * ONE))
        for day in rng.sample(self.open_days[:-6], 8):
            end = day + rng.choice([3, 4, 5]) * ONE
            spans.append((f"between {self.said(day)} and {self.said(end)}", day, end))
        wordings = [
            "what ran {w}?",
            "Which experiments were run {w}?",
            "what did the GPU do {w}?",
            "Could you list the jobs of the server {w}?",
            "list runs {w}",
            "I would like to know which trainings we have run {w}.",
        ]
        asked = 0
        for words, a, b in spans:
            runs = self.within(a, b)
            if runs and len(runs) <= 6 and asked < 6:
                asked += 1
                places = [r.places[:2] for r in runs]
                self.ask(
                    "runs_interval",
                    rng.choice(wordings).format(w=words),
                    [r.name for r in runs],
                    sections=places,
                    allowed=["Server#", "Experiments#"],
                    recount=started(a, b, sorted(r.desc for r in runs)),
                )
        empty: list[tuple[str, Day, Day]] = [(f"in the week of {self.gap[0].isoformat()}", *self.gap)]
        idle = [d for d in self.open_days[3:] if self.within(d, d) == [] and d < self.days[-1]]
        empty += [(f"on {self.said(d)}", d, d) for d in rng.sample(idle, min(2, len(idle)))]
        for words, a, b in empty:
            self.ask(
                "none_run",
                rng.choice(["what ran {w}?", "which jobs ran {w}", "Did we run any experiment {w}?"]).format(w=words),
                answered=False,
                recount=started(a, b, []),
            )
        counted = 0
        for start in rng.sample(mondays, len(mondays)):
            runs = self.within(start, start + 6 * ONE)
            ends = Counter((r.family, r.start) for r in runs or [])
            if not runs or max(ends.values()) > 1 or counted == 2:
                continue
            counted += 1
            end = start + 6 * ONE
            self.ask(
                "count",
                f"how many runs did I start between {self.said(start)} and {self.said(end)}?",
                lead=[count_forms(len(runs))],
                sections=[r.places[:2] for r in runs],
                allowed=["Server#", "Experiments#"],
                recount=started(start, end, sorted(r.desc for r in runs)),
            )

    def clear_families(self) -> list[str]:
        """Rows of runs whose option stands in no other run's command."""
        return sorted({r.family for r in self.runs} - {"temperature", "noise", "batch", "lr"})

    def ask_best(self) -> None:
        """Best, worst, count above a bound, first and last."""
        rng = self.rng
        metrics: list[tuple[str, Callable[[Run], float], str, int]] = [
            ("final accuracy", lambda r: r.acc[-1], "acc", -1),
            ("harmonic mean in the last session", lambda r: r.hm[-1], "hm", -1),
            ("unseen accuracy in the last session", lambda r: r.unseen[-1], "unseen", -1),
            ("base session accuracy", lambda r: r.acc[0], "acc", 0),
        ]
        months = sorted({r.end.month for r in self.runs})
        pools: list[tuple[str, Callable[[Run], bool]]] = [("", lambda r: True)]
        for month in months:
            pools.append((f" in {MONTHS[month - 1]}", lambda r, m=month: r.start.month == m and r.end.month == m))
        for family in self.clear_families():
            thing = FAMILIES[family][4]
            pools.append((f" among the runs on {thing}", lambda r, f=family: r.family == f))
        jobs = [(m, p, sign) for m in metrics for p in pools for sign in (1, 1, -1)]
        rng.shuffle(jobs)
        done: set[tuple[str, str]] = set()
        for (metric, value, array, index), (where, test), sign in jobs:
            pool = [r for r in self.runs if r.sound and test(r)]
            edge = [r for r in self.runs if r.acc and where.startswith(" in ") and r.start.month != r.end.month]
            if len(pool) < 2 or edge or any(r.extra for r in pool if "among" in where) or (where, metric) in done:
                continue
            ranked = sorted(pool, key=value, reverse=sign > 0)
            best = ranked[0]
            flawed = [r for r in self.runs if r.acc and r.flaw and test(r)]
            if (sign < 0 and any(value(r) <= value(best) for r in flawed)) or best.extra:
                continue
            if any(r.flaw.startswith("paste") and number(value(r)) == number(value(best)) for r in flawed):
                continue
            if (sign < 0 and any(r.extra for r in pool)) or abs(value(ranked[1]) - value(best)) < 0.02:
                continue
            narrow = sum("among" in place for place, _ in done)
            if len(done) >= 7:
                break
            if "among" in where and narrow >= 3:
                continue
            done.add((where, metric))
            word = "best" if sign > 0 else "worst"
            high = "highest" if sign > 0 else "lowest"
            wording = rng.choice(
                [
                    f"Which run had the {word} {metric}{where}?",
                    f"{word} {metric}{where}?",
                    f"which experiment got the {high} {metric}{where} and how much was it?",
                    f"What is our {high} {metric}{where}, and from which run?",
                ]
            )
            figure = number(value(best))
            self.ask(
                "superlative",
                self.voice(wording),
                [[figure], [f for f in best.name if not f[0].isdigit()]],
                lead=[[figure]],
                sections=[best.places[:2]],
                allowed=["Experiments#", "Server#"],
                recount=extreme(array, index, sign, figure, [r.desc for r in self.runs if test(r)]),
            )
        for month in rng.sample(months, min(3, len(months))):
            if any(r.start.month != r.end.month and month in (r.start.month, r.end.month) for r in self.runs):
                continue
            pool = sorted((r for r in self.runs if r.acc and r.end.month == month), key=lambda r: -r.final)
            good = [k for k in range(1, min(8, len(pool))) if int(pool[k - 1].final) > int(pool[k].final)]
            good = [k for k in good if all(r.sound and not r.extra for r in pool[:k])]
            if good:
                k = rng.choice(good)
                bound = int(pool[k - 1].final)
                self.ask(
                    "count",
                    f"how many runs in {MONTHS[month - 1]} ended with a final accuracy above {bound}?",
                    lead=[count_forms(k)],
                    sections=[r.places[-1:] for r in pool[:k]] if k < 5 else [],
                    allowed=["Experiments#", "Server#"],
                    recount=above(month, bound, k),
                )
        families = rng.sample(self.clear_families(), 8)
        for k, family in enumerate(families):
            runs = sorted((r for r in self.runs if r.family == family), key=lambda r: r.start)
            if len(runs) < 2 or any(r.fate for r in runs) or self.count.get("first_last", 0) >= 4:
                continue
            pick, other = (runs[0], runs[1]) if k % 2 else (runs[-1], runs[-2])
            if pick.start == other.start or pick.end != pick.start:
                continue
            thing = FAMILIES[family][4]
            first = [f"which was the first run on {thing}, and when?", f"When did I start with the runs on {thing}?"]
            last = [f"when was the last run on {thing}?", f"On which day did I last run something on {thing}?"]
            self.ask(
                "first_last",
                self.voice(rng.choice(first if k % 2 else last)),
                [self.day_forms(pick.start)],
                sections=[pick.places[:2]],
                allowed=["Server#", "Experiments#"],
                recount=started(pick.start, pick.start, [pick.desc], part=True),
            )

    def ask_runs(self) -> None:
        """One described run: its figures, command, fate, flaws; two runs; a row of values."""
        rng = self.rng
        free = [r for r in self.runs if r.sound and not r.extra and not r.words_epochs]
        rng.shuffle(free)
        figures: list[tuple[str, Callable[[Run], float]]] = [
            ("final accuracy", lambda r: r.acc[-1]),
            ("harmonic mean in the last session", lambda r: r.hm[-1]),
            ("base session accuracy", lambda r: r.acc[0]),
            ("unseen accuracy after the first incremental session", lambda r: r.unseen[0]),
            ("seen accuracy in the last session", lambda r: r.seen[-1]),
        ]
        for run in free[:5]:
            metric, value = rng.choice(figures)
            figure = number(value(run))
            wording = rng.choice(
                [
                    f"What {metric} did the run with the {run.spoken} reach?",
                    f"{metric} of the {run.spoken}?",
                    f"how good was the {run.spoken}, I need the {metric}",
                    f"Please tell me the {metric} for the {run.spoken}.",
                ]
            )
            places = [r for r in run.places if r.startswith("Experiments")]
            self.ask("figure", self.voice(wording), [[figure]], lead=[[figure]], sections=[places], allowed=run.places)
        for run in (r for r in self.runs if r.extra):
            figure = number(run.final)
            words = f"what final result in overall accuracy does the {run.spoken} have after the last session?"
            self.ask("figure", words, [[figure]], sections=[run.places[-1:]], allowed=run.places)
        for run in free[8:11]:
            option = rng.choice(
                [o for o in ("lr_base", "decay", "epochs_base", "noise_prob") if o != FAMILIES[run.family][0]]
            )
            value = run.config[option]
            spoken = {"lr_base": "learning rate", "decay": "weight decay", "epochs_base": "number of base epochs"}
            thing = rng.choice([option, spoken.get(option, option)])
            wording = rng.choice(
                [
                    f"which {thing} did I use for the {run.spoken}?",
                    f"What {thing} was set in the command of the {run.spoken}?",
                    f"{thing} in the {run.spoken} run?",
                ]
            )
            server = [p for p in run.places if p.startswith("Server")]
            self.ask("option", self.voice(wording), [[value]], sections=[server], allowed=run.places)
        for run in free[13:15]:
            option = FAMILIES[run.family][0]
            value = run.config[option]
            wording = rng.choice(["give me the command of the {s}", "How did I call train.py for the {s}?"])
            forms = [f"-{option} {value}", f"--{option} {value}", f"{option}={value}"]
            server = [p for p in run.places if p.startswith("Server")]
            self.ask("command", wording.format(s=run.spoken), [forms], sections=[server], allowed=run.places)
        for run in (r for r in self.runs if r.words_epochs):
            server = [p for p in run.places if p.startswith("Server")]
            wording = rng.choice(
                [
                    f"How many epochs did the {run.spoken} train, by the description and by the command?",
                    f"does the description of the {run.spoken} agree with its command about the epochs?",
                    f"epochs of the {run.spoken}: prose vs command?",
                ]
            )
            must = [[run.words_epochs], [run.config["epochs_base"]]]
            self.ask("contradiction", wording, must, sections=[server], allowed=run.places)
        for run in (r for r in self.runs if r.flaw):
            kind, _, reason = run.flaw.partition(": ")
            wording = rng.choice(
                [
                    f"can I use the result of the {run.spoken} in the paper?",
                    f"Is the result of the {run.spoken} sound?",
                    f"what is wrong with the result of the {run.spoken}?",
                ]
            )
            must = [["pasted the arrays"]] if kind == "paste" else [[reason, reason.replace("`", "")]]
            self.ask("retraction", wording, must, sections=[run.places[-1:]], allowed=run.places)
        for run in (r for r in self.runs if r.fate):
            kind, _, reason = run.fate.partition(": ")
            server = [p for p in run.places if p.startswith("Server")]
            if kind == "running":
                words = rng.choice(["what is the server working on right now?", "Is anything running at the moment?"])
                self.ask("status", words, [run.name], sections=[server], allowed=run.places)
                words = rng.choice([f"Has the {run.spoken} finished?", f"is the {run.spoken} done yet"])
                forms = ["no,", "no.", "no:", "not ", "running", "ongoing", "still", "in progress"]
                self.ask("status", words, lead=[forms], sections=[server], allowed=run.places)
                continue
            forms = {"stopped": ["the loss did not move", "stopped"], "nan": ["nan"], "oom": ["out of memory"]}[kind]
            words = rng.choice(
                ["what happened to the {s}?", "Why has the {s} no final result?", "{s}: did it go through?"]
            )
            self.ask("status", words.format(s=run.spoken), [forms], sections=[run.places[:2]], allowed=run.places)
        pairs = [(a, b) for a in free for b in free if a.family == b.family and a.start < b.start]
        for a, b in rng.sample(pairs, min(4, len(pairs))):
            words = rng.choice(
                [
                    f"compare the {a.spoken} with the {b.spoken}, final accuracy",
                    f"Which is better in final accuracy, the {a.spoken} or the {b.spoken}?",
                    f"{a.spoken} vs {b.spoken}: final acc?",
                ]
            )
            must = [[number(a.final)], [number(b.final)]]
            self.ask(
                "compare", self.voice(words), must, sections=[x.places[:2] for x in (a, b)], allowed=a.places + b.places
            )
        for family in rng.sample(self.clear_families(), 9):
            runs = [r for r in self.runs if r.family == family]
            if len(runs) < 3 or not all(r.sound and not r.extra for r in runs) or self.count.get("effect", 0) >= 3:
                continue
            thing = FAMILIES[family][4]
            words = rng.choice(
                [
                    f"what effect does {thing} have on the final accuracy?",
                    f"How does the final accuracy change with {thing}?",
                    f"{thing}: which values did I try and what final accuracy came out?",
                ]
            )
            places = [r.places[:2] for r in runs]
            allowed = [p for r in runs for p in r.places]
            self.ask("effect", words, [[number(r.final)] for r in runs], sections=places, allowed=allowed)

    def ask_as_of(self) -> None:
        """The best as of an earlier day."""
        rng = self.rng
        top = max((r for r in self.runs if r.sound), key=lambda r: r.final)
        days = [d for d in self.open_days[12:-6] if d < top.end]
        for k, day in enumerate(rng.sample(days, min(6, len(days)))):
            if self.count.get("as_of", 0) >= 3 or any(r.start <= day < r.end for r in self.runs):
                continue
            known = [r for r in self.runs if r.acc and r.end <= day]
            best = max((r for r in known if r.sound), key=lambda r: r.final, default=None)
            if best is None or best.extra or any(r.final >= best.final for r in known if r.flaw):
                continue
            figure = number(best.final)
            words = (
                "what was the best final accuracy so far?"
                if k % 2
                else f"As of {self.said(day)}, what was the best final accuracy?"
            )
            names = [r.desc for r in known]
            self.ask(
                "as_of",
                words,
                [[figure]],
                lead=[[figure]],
                never=[number(top.final)],
                sections=[best.places[:2]],
                allowed=["Experiments#", "Server#"],
                as_of=day.isoformat() if k % 2 else "",
                recount=extreme("acc", -1, 1, figure, names),
            )

    def ask_tasks(self) -> None:
        """Open, done, deferred tasks."""
        rng = self.rng
        allowed = [f"{MONTHS[m - 1]}#" for m in {d.month for d in self.days}]
        for category in rng.sample(["Code", "Paper", "Study", "Lab", "Others", "Idea"], 6):
            mine = [t for t in self.tasks if t.category == category]
            left = [t for t in mine if t.last in " -"]
            done = [t for t in mine if t.last == "x"]
            if left and self.count.get("task_open", 0) < 3:
                words = rng.choice(
                    [
                        f"which {category} tasks are still open?",
                        f"What is left to do under {category} in my to-do notes?",
                        f"open {category} todos?",
                    ]
                )
                sections = [t.places for t in left]
                never = [f for t in done for f in t.forms]
                self.ask("task_open", words, [t.forms for t in left], never=never, sections=sections, allowed=allowed)
            elif done and self.count.get("task_done", 0) < 2:
                words = rng.choice(
                    ["which {c} tasks have I finished?", "What did I get done under {c} in the to-do notes?"]
                )
                sections = [t.places for t in done]
                words = words.format(c=category)
                self.ask("task_done", words, [t.forms for t in done], sections=sections, allowed=allowed)
        for task in rng.sample(self.tasks, 12):
            if task.last == "~" or self.count.get("task_state", 0) >= 3:
                continue
            quoted = task.text[0].lower() + task.text[1:]
            lead = {
                "x": ["yes", "done", "finished", "ticked", "complete", "[x]"],
                "-": ["ongoing", "in progress", "not ", "no,", "no.", "no:", "still", "[-]", "started"],
                " ": ["open", "not ", "no,", "no.", "no:", "never", "[ ]", "to do"],
                ">": ["deferred", "postponed", "put off", "[>]", "not ", "no,", "no.", "no:"],
            }[task.last]
            words = rng.choice([f"did I {quoted} already?", f'Is "{task.text}" done?', f"status of the task: {quoted}"])
            if not words.startswith("did I") or quoted.split()[0] in (
                "write",
                "print",
                "delete",
                "read",
                "order",
                "book",
                "renew",
                "fix",
                "call",
                "move",
            ):
                self.ask("task_state", words, lead=[lead], sections=[task.places], allowed=allowed)
        late = [t for t in self.tasks if t.last == ">"]
        if late:
            words = rng.choice(["which tasks did I defer?", "What have I put off (marked as deferred)?"])
            self.ask(
                "task_deferred", words, [t.forms for t in late], sections=[t.places for t in late], allowed=allowed
            )
        for task in self.tasks:
            if (
                task.last == "x"
                and self.count.get("task_as_of", 0) < 2
                and task.states[-1][0] - task.states[-2][0] > ONE
            ):
                day = task.states[-1][0] - ONE
                words = f'Was "{task.text}" already done?'
                lead = ["no,", "no.", "no:", "not ", "open", "ongoing", "in progress", "[ ]", "[-]"]
                self.ask("task_as_of", words, lead=[lead], as_of=day.isoformat(), allowed=allowed)
        words = rng.choice(["what did I put on the list for today?", "What did I plan yesterday for tomorrow?"])
        self.ask("next_step", words, [[p.lower()] for p in self.plans], sections=[self.plan_places], allowed=allowed)

    def ask_stories(self) -> None:
        """Questions on the threads, and near misses."""
        rng = self.rng
        every = [(s, a) for s in self.stories for a in s[0].asks]
        rng.shuffle(every)
        taken: dict[str, int] = {}
        for (_, slots, told), ask in every:
            if taken.get(ask.kind, 0) >= {"debug": 4, "detail": 4, "how": 4, "why": 4}.get(ask.kind, 2):
                continue
            taken[ask.kind] = taken.get(ask.kind, 0) + 1
            fill = [[form_.format(**slots) for form_ in group] for group in ask.must]
            lead = [[form_.format(**slots) for form_ in group] for group in ask.lead]
            sections = [told[tag][1] for tag in ask.tags.split()]
            question = rng.choice(ask.wordings).format(**slots)
            as_of = ""
            if ask.as_of:
                day = told[ask.as_of][0] + rng.choice([0, 1, 2]) * ONE
                as_of = day.isoformat()
            allowed = [place for _, places, _ in told.values() for place in places]
            never = [text.format(**slots) for text in ask.never]
            question = question if ask.as_of else self.voice(question)
            self.ask(ask.kind, question, fill, lead=lead, never=never, sections=sections, allowed=allowed, as_of=as_of)
        near = [
            (q.format(**slots), [w.format(**slots) for w in words])
            for s, slots, _ in self.stories
            for q, words in s.near
        ]
        for question, words in rng.sample(near, 11):
            self.ask("near_miss", self.voice(question), answered=False, absent=words)

    def ask_absent(self) -> None:
        """What the notes never say."""
        rng = self.rng
        for question, words in rng.sample(ABSENT, 8):
            self.ask("absent", question, answered=False, absent=words)
        never_run = [
            ("What final accuracy did the replay buffer of 50 clips a word reach?", ["buffer, 50"]),
            ("final accuracy with temperature 100?", ["`temperature` 100"]),
            ("How did the adapters of rank 64 do?", ["rank 64"]),
            ("result of the additive margin 0.9?", ["margin 0.9"]),
            ("What did the protocol with 50 shots a word reach?", ["50 shots"]),
            ("which harmonic mean came out with keyword mixup at alpha 3?", ["alpha 3"]),
        ]
        for question, words in rng.sample(never_run, 3):
            self.ask("near_miss", question, answered=False, absent=words)
        runs = [r for r in self.runs if r.sound]
        asked = [
            ("how many hours did the {s} take?", ["hours"]),
            ("What training loss did the {s} end with?", ["training loss"]),
            ("How many parameters has the model of the {s}?", ["parameters"]),
        ]
        for (words, gone), run in zip(asked, rng.sample(runs, 3), strict=True):
            self.ask("near_miss", words.format(s=run.spoken), answered=False, absent=gone)

    def make(self) -> list[Made]:
        """Plans and writes all, then asks."""
        self.plan_runs()
        self.write_stories()
        self.write_runs()
        self.write_tasks()
        self.write_rest()
        self.ask_intervals()
        self.ask_best()
        self.ask_runs()
        self.ask_as_of()
        self.ask_tasks()
        self.ask_stories()
        self.ask_absent()
        return self.made


def lowered(group: Sequence[str]) -> list[str]:
    """Forms in lower case, with and without the marks of code."""
    return list(dict.fromkeys(f for text in group for f in (text.lower(), text.lower().replace("`", ""))))


def count_forms(n: int) -> list[str]:
    """Forms of a small count."""
    words = re.findall(r"\w+", "zero one two three four five six seven eight nine ten eleven twelve")
    spelled = ["one run", "one of", "only one"] if n == 1 else words[n : n + 1]
    return [
        *spelled,
        f"{n} run",
        f"{n} of",
        f" {n} ",
        f"{n} exp",
        f"{n} rec",
        f"{n} job",
        f"{n}:",
        f"**{n}**",
        f" {n}.",
    ]


# ------------------------------------------------------------------------------------------------------------ verify
class Reader:
    """Reads the written notes again, knowing nothing of how they were made."""

    def __init__(self, vault: Path) -> None:
        self.texts = {p.stem: p.read_text("utf-8") for p in sorted(vault.glob("*.md"))}
        self.all = "\n".join(self.texts.values()).lower()
        self.sections: dict[str, str] = {}
        self.started: list[tuple[Day, str]] = []
        self.results: list[dict[str, object]] = []
        for note, text in self.texts.items():
            day: Day | None = None
            day_place = place = ""
            title = label = ""
            for line in text.splitlines():
                head = re.match(r"##+ (.*\S)", line)
                if head:
                    date = re.match(r"(20\d\d)[-/]?(\d\d)[-/]?(\d\d)$", head[1])
                    place = f"{note}#{head[1]}"
                    if date:
                        day, day_place = Day(*map(int, date.groups())), place
                    if place in self.sections:
                        raise ValueError(f"two headings {place}")
                    self.sections[place] = ""
                    continue
                for one in {place, day_place} - {""}:
                    self.sections[one] += line + "\n"
                if note == "Server" and day and (entry := re.match(r"- \[.\] (.*?)(, \d+ epochs)?\.$", line)):
                    self.started += [(day, part) for part in entry[1].split(" and ")]
                if note == "Experiments" and day:
                    quote = re.match(r"(?:> |```txt )([A-Z][^:!\[]*)$", line)
                    if quote and not line.startswith("> Stopped"):
                        title, label = quote[1].rstrip("."), "acc"
                    elif line.endswith(":") and not line.startswith(">"):
                        label = {"Seen acc:": "seen", "Unseen acc:": "unseen", "Harmonic mean:": "hm"}[line]
                    elif re.match(r"\[\d", line):
                        if len(line.split(",")) == 6:
                            self.results = [r for r in self.results if r["title"] != title]
                            self.results.append({"title": title, "day": day})
                            label = "acc"
                        self.results[-1][label] = [float(x) for x in line.strip("[]").split(",")]
        wrong = re.findall(r'result of "(.*?)" is void', self.texts["Scratch"])
        wrong += re.findall(r'under "(.*?)"\. The true', self.texts["Scratch"])
        flagged = re.findall(r"\[!fail\] +This result.*\n```txt (.*)", self.texts["Experiments"])
        flagged += re.findall(r"> (.*)\.\n(?:>.*\n)*?> \[!fail\] +This result", self.texts["Experiments"])
        self.wrong = set(wrong + flagged)

    def sound(self, names: Sequence[str]) -> list[dict[str, object]]:
        """Results of these titles that nothing takes back."""
        return [r for r in self.results if r["title"] in names and r["title"] not in self.wrong]


def started(a: Day, b: Day, names: list[str], part: bool = False) -> Callable[[Reader], bool]:
    """Whether just these jobs stand in Server.md between two days."""

    def count(reader: Reader) -> bool:
        found = sorted(name for day, name in reader.started if a <= day <= b)
        return set(names) <= set(found) if part else found == names

    return count


def extreme(array: str, index: int, sign: int, figure: str, names: list[str]) -> Callable[[Reader], bool]:
    """Whether the figure is the best of the sound results of these titles."""

    def count(reader: Reader) -> bool:
        values = [r[array][index] for r in reader.sound(names)]  # type: ignore[index]
        return number(sign * max(sign * v for v in values)) == figure

    return count


def above(month: int, bound: int, n: int) -> Callable[[Reader], bool]:
    """Whether n results of a month lie above a bound."""

    def count(reader: Reader) -> bool:
        rows = [r for r in reader.results if r["day"].month == month]  # type: ignore[attr-defined]
        return sum(r["acc"][-1] > bound for r in rows) == n  # type: ignore[index]

    return count


def wrong_golds(made: list[Made], vault: Path) -> list[str]:
    """What the written notes do not bear out."""
    reader = Reader(vault)
    out = []
    derived = {"none_run", "count", "task_state", "task_as_of", "status", "first_last"}
    for one in made:
        q = one.question
        text = " ".join(reader.sections.get(p, "") for group in q.sections for p in group).lower()
        text = re.sub(r"\s+", " ", text)
        lost = [p for group in q.sections for p in group if p not in reader.sections]
        lost += [p for p in q.allowed if not p.endswith("#") and p not in reader.sections]
        if lost:
            out.append(f"{q.id}: no section {lost}")
        if one.recount and not one.recount(reader):
            out.append(f"{q.id}: counted again, it differs")
        if q.kind not in derived:
            groups = q.must + (q.lead if q.kind != "retraction" else [])
            out += [f"{q.id}: {g[:2]} not in the notes" for g in groups if not any(f in text for f in g)]
        if not q.answered:
            said = [w for w in one.absent if re.search(r"(?<!\w)" + re.escape(w.strip()) + r"(?!\w)", reader.all)]
            out += [f"{q.id}: the notes do hold {w!r}" for w in said]
        elif not (q.must or q.lead):
            out.append(f"{q.id}: nothing demanded")
    return out


def make_all(out: Path, seed: int, notes: int) -> list[Made]:
    """Writes the notes and returns the questions with their counts."""
    book = Workbook(seed, notes)
    made = book.make()
    book.pages.write(out)
    return made


def make_journal(out: Path, seed: int, notes: int) -> list[Question]:
    """Writes a vault's notes into a folder and returns the questions on it."""
    return [one.question for one in make_all(out, seed, notes)]


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=8000)
    parser.add_argument("--notes", type=int, default=40)
    parser.add_argument("--verify", action="store_true")
    args = parser.parse_args()
    vault = args.out / "vault"
    vault.mkdir(parents=True, exist_ok=True)
    made = make_all(vault, args.seed, args.notes)
    lines = [json.dumps(one.question.to_json(), ensure_ascii=False) for one in made]
    (args.out / "questions.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    if not args.verify:
        return 0
    wrong = wrong_golds(made, vault)
    print(f"seed {args.seed}: {len(made)} questions, {len(wrong)} wrong")
    for line in wrong:
        print("  ", line, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
