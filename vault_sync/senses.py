"""Words that people exchange when they ask in other words than they wrote: "mixed up" for "confused", "max" for
"maximum". A sense counts only where a section really holds it; it makes no unknown name known."""

from __future__ import annotations

import functools

from vault_sync.terms import stem

#: One group a line. General words, short forms and two words of the field for one thing: never names or options.
_GROUPS_TEXT = """
slow slowly slower slowness forever sluggish crawl lag ages endless
confuse confused confusion mixed mistaken misclassified misrecognised misrecognized misheard
max maximum maximal
min minimum minimal
avg average averaged mean
fix solve repair resolve remedy cure mend
bug error fault mistake defect flaw
advisor adviser supervisor professor prof boss mentor
meeting meet met talk talked discuss discussed discussion conversation call
ask want request demand require expect
choose select pick chosen picked selection choice
remove delete drop discard throw
shift move moved moving drift drifting
break broke broken crash
clip clips recording recordings utterance utterances sample samples
disk storage drive harddisk
memory ram oom
weird strange odd unexpected surprising
picture plot chart graph diagram
stop abort cancel kill
leak leakage overlap contamination
speed fast quick quickly
big large bigger larger huge
small little tiny smaller
identical same equal
quiet silence silent
reject discard abandon
deadline due submission
article paper publication manuscript
param parameter hyperparameter
config configuration setup
dim dimension dimensional
std deviation variance
diff difference differ
pred prediction predict
val validation
init initialization initialisation initialize
norm normalization normalisation normalize
repro reproduce reproducible
pretrained pretraining pretrain
crop cropped cropping cut cutting trim trimmed trimming truncate truncated
scale scaled scaling rescale rescaled normalise normalised normalize normalized
loud loudness volume louder
junk garbage faulty defective mislabeled mislabelled mislabel mislabelling
font typeface
delay latency
duplicate copy copied
distillation distill distilled teacher
quantisation quantization quantise quantize quantised quantized int8
microphone mic
phone mobile smartphone
presentation talk slides
thesis dissertation
invoice bill
degrade deteriorate worsen
vote voting majority
fp16 float16 half
propose proposed proposal suggest suggested suggestion
write wrote written writing
record recorded recording tape taped
random randomly chance
cause culprit origin
obstacle hurdle blocker
hot heat overheat overheated overheating warm temperature thermal
venue conference conf workshop journal
submit submitted submitting submission aim aims aiming target targeting venue conference
proof prove proved proven evidence
attempt attempts attempted try tried tries trying
swap swapped exchange exchanged switched interchanged
trust believe rely
worth useful helps helped help gain
intonation pitch melody prosody
lpc linear prediction
enrol enroll enrolment enrollment shot shots support
snr decibel decibels
click clicks clicking crackle crackling pop pops
fraction proportion percent percentage
culprit guilty responsible blame blamed
cutoff threshold
unsure uncertain ambiguous undecided
divide divided share shared split
disturb disturbs disturbing disturbance interfere interference noise
waveform signal
median mean average
gpu card cards
hand handed submit submission
exceed exceeded over
settle settled decide decided decision agree agreed
abandon abandoned dropped quit
disadvantage drawback downside weakness
advantage benefit upside merit
criticise criticize criticised criticized criticism complain complained complaint objection
referee reviewer
disconnect disconnected logout logoff
audio recording recordings sound
publish published publishing publication public release released
prevent prevented avoid avoided
licence license licensing
limit limited cap maximum quota allowance
rule policy guideline
introduction intro
alarm trigger triggered triggers detection
live streaming realtime online
artificial fake synthetic pretend virtual
sampling sampler sampled draw drawn drawing
difficult hard harder
crash crashed died dies
frozen freeze freezing
procedure routine practice workflow
reproducible deterministic stable
accelerate faster speedup quicker
pad padding padded fill filled
colleague labmate coworker
convert converted converting conversion export exported exporting
connection network wifi ssh
update updated upgrade upgraded
broken damaged corrupt corrupted defective faulty
oversample oversampling
arrangement setup configuration
explode exploded diverge diverged nan inf overflow overflows blew blown
shrink shrank reduce reduced smaller
forget forgetting forgot
lose losing lost
reverberation reverb room rooms
quickest fastest
reset restart restarts restarted
merge merged join joined
annotate annotation annotator label labels labelled labeled
purchase buy bought order
assign assigned
explain explanation
vanish vanished disappear disappeared gone
"""


@functools.lru_cache(maxsize=1)
def _groups() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in _GROUPS_TEXT.split("\n"):
        group = frozenset(line.split())
        for word in group:
            for form in (word, stem(word)):
                found[form] = found.get(form, frozenset()) | group
    return found


@functools.lru_cache(maxsize=4096)
def senses(word: str) -> tuple[str, ...]:
    """Other words of like sense, in order of the alphabet; () for most words."""
    groups = _groups()
    found = groups.get(word) or groups.get(stem(word)) or frozenset()
    return tuple(sorted(found - {word}))
