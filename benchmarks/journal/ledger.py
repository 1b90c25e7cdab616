"""A journal of a speech researcher (few-shot class-incremental keyword spotting) with questions and gold answers, drawn
from a seed: LEDGER.py OUT --seed N --notes M [--verify] writes OUT/vault and OUT/questions.jsonl."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from generate import Question

# The stories. "=" note name, "$" slots and their values, "@" days after the start, place and sub-heading of a beat, "?"
# kind, beats that hold the answer and (as_of) the beat before which it is asked, "q" a wording, "m" must, "l" lead, "n"
# never, "a" further beats that may be cited, "!" a question that the story does not answer, "x" words it would need;
# ";;" parts what stands in one line.
STORIES = """
= pitch_shift
$ semi: 2 | 3 | 4 ;; $ hurt: four | right | nine ;; $ sec: 1.4 | 2.3 | 3.1
@ 0 own
- Idea: shift the pitch of the five support shots by up to {semi} semitones, so one speaker looks like several.
- All shots of a new word often come from one person, and then the prototype is just his voice.
@ 4 own Fix
- Seen acc stays the same but "{hurt}" gets worse, because formants move with the pitch in the librosa call.
- Next: keep the envelope and move only F0, the WORLD vocoder can do this.
@ 9 Scratch ;; - Pitch shift with WORLD is too slow, about {sec} s for one clip. Precompute all of it once over night.
? idea 0
q why did we want to pitch-shift the support shots in the first place, i need one sentence for the method section
q What was the motivation for shifting the pitch of the few shots?
m one speaker looks like several | come from one person | from one person | just his voice
? debug 1 ;; q after the pitch augmentation the word "{hurt}" got worse, what was the reason again
q do we know what broke "{hurt}" once pitch shift was on? ;; m formants move
? next_step 1 ;; q what's the plan after the librosa pitch shift turned out bad?
q pitch shift augm.: which step comes next ;; m WORLD ;; a 2
? detail 2 ;; q how long does WORLD take per clip for the pitch shifting ;; q WORLD pitch shift, seconds per clip?
l {sec} s | {sec}s | {sec} seconds | {sec}
! WORLD pitch shift: did we use Harvest or DIO for the F0?
! which F0 estimator sits inside our WORLD pitch shift, the reviewers always ask this ;; x harvest | dio | yin
= prototype_shrinkage
$ a,b: 0.3,0.17 | 0.4,0.23 | 0.25,0.14 ;; $ word: sheila | marvin | visual
@ 0 own
- Prototype of a new class is the mean of only five embeddings, so it is too noisy. Shrink it toward the nearest \
base mean.
- Shrinkage weight {a} looks best on the validation sessions.
@ 5 own
- Weight {a} was tuned on the test sessions by mistake!! With the real validation split the best weight is {b}.
- Use {b} from now on.
@ 8 Scratch
- Shrinkage drags "{word}" into a base class as its nearest base mean is the wrong one. Maybe weight the neigbours \
by softmax.
? idea 0 ;; q what's the idea behind shrinking the prototypes?
q Why do we pull new prototypes toward a base mean at all? ;; m too noisy | only five embeddings
? revised 1 ;; q which shrinkage weight should i use now for the prototypes, {a} or something else
q prototype shrinkage - the weight that is valid now? ;; l {b} ;; a 0
? as_of 0 1 ;; q what shrinkage weight did we think was best for the prototypes?
q as of {d}, which weight for prototype shrinkage looked best? ;; l {a} ;; n {b}
? revised 1 ;; q what was wrong with shrinkage weight {a}?
q why can't I cite the {a} for prototype shrinkage anymore ;; m tuned on the test sessions | on the test sessions
a 0
? debug 2 ;; q which word suffers from the prototype shrinkage and why
q shrinkage hurts one new word, which one and how come? ;; m {word} ;; m wrong one | nearest base mean
! did prototype shrinkage also help in the 1-shot case? ;; ! prototype shrinkage with a single shot, did that work?
x 1-shot | one-shot | single shot | one shot
= speaker_overlap
$ n: 37 | 52 | 64 ;; $ drop: 1.8 | 2.6 | 3.4
@ 0 own
- Looked at the speaker ids of the split. {n} speakers are in both the base training set and the incremental test set.
> [!warning] Every unseen acc before today is too high because of this.
@ 3 own Code ;; - Made the split again by speaker hash, `split_by_speaker.py`. No overlap anymore.
- Unseen acc falls by {drop} points on average, so it was not a disaster.
@ 3 Lab ;; - Told the professor about the overlaping speakers. He wants both splits in the appendix.
? detail 0 ;; q how many speakers were in both base train and incremental test?
q speaker leak: how many people appear on both sides of the split ;; l {n}
? debug 1 ;; q how did we fix the speaker leakage between train and test?
q What did I do about the speakers that were in both sets? ;; m speaker hash | split_by_speaker ;; a 0
? detail 1 ;; q by how much did unseen acc drop after the speaker-clean split
q speaker-disjoint split costs how many points of unseen accuracy? ;; l {drop}
? idea 2 ;; q what did the prof want us to do with the two splits in the paper?
q Professor's wish about old vs new speaker split? ;; m appendix
! does the speaker-clean split also have balanced gender? ;; ! gender balance of the new speaker split?
x gender | female | male
= silence_class
$ k: 400 | 600 | 800
@ 0 own
- Model says "up" whenever nobody speaks. Add silence as a base class with {k} clips cut from the background noise \
files.
@ 4 own ;; - With the silence class false alarms on empty audio are nearly gone.
- But the new words with a soft onset ("house", "happy") are now taken for silence.
@ 7 own
- Decision: no silence class in the paper, an energy gate before the model does the same job without any training.
? idea 0 ;; q why did I add silence as a class at all ;; q reason for the silence class?
m nobody speaks | says "up"
? detail 0 ;; q how many clips are in the silence class? ;; q number of background clips for silence class ;; l {k}
? debug 1 ;; q side effect of having a silence class on new words? ;; q what went wrong for house and happy?
m soft onset | taken for silence
? revised 2 ;; q do we keep the silence class in the paper?
q is silence still a class for the paper or what did we decide in the end
l no silence class | energy gate | no, | not ;; m energy gate | no silence class ;; a 0,1
! what threshold (in dB) does the energy gate have? ;; ! energy gate threshold, dB value?
x dB | decibel | threshold
= vad_trimming
$ ms: 80 | 120 | 150
@ 0 own ;; - The VAD cuts the last plosive, "off" sounds like "of" and "bed" like "beh".
- Reason: energy falls below the limit during the closure before the burst.
@ 2 own Fix ;; - Added a hangover of {ms} ms after the last voiced frame. The bursts stay now.
@ 6 Scratch
- Thinking about it, no trimming at all at test time is the more honest way. Trim only the support shots.
? debug 0 ;; q why was "off" sounding like "of" after the VAD? ;; q vad eats the final consonants - what was the cause
m closure | energy falls below
? debug 1 ;; q how did i fix the VAD that cut word endings
q the trimming problem with final plosives: what is the fix and how many ms ;; m hangover ;; m {ms} ms | {ms}ms | {ms}
a 0
? idea 2 ;; q where should trimming be applied in the end, test clips or support shots?
q Did I want VAD trimming at test time? ;; m only the support shots | no trimming at all at test
! which VAD library is it, webrtc or silero? ;; ! name of the VAD implementation we trim with?
x webrtc | silero | auditok | webrtcvad
= tree_three
$ c1,c2: 31,12 | 27,9 | 38,14
@ 0 own
- "tree" and "three" : {c1} of 100 test clips of "tree" land on "three". The other direction is only half as bad.
- Most of the difference is in the first 60 ms, and the first pooling layer averages it away.
@ 5 own ;; - Stride 1 in the first block instead of 2 keeps the onset. Now {c2} of 100 are confused.
- Costs about double the MACs, so can't be the default for the small model.
? detail 0 ;; q how bad was tree -> three confusion before the stride change
q out of 100 "tree" clips how many went to "three" at first? ;; l {c1} ;; a 1
? idea 0 ;; q why does the model mix up tree and three?
q explain tree/three errors pls, what did i write about the reason ;; m pooling | first 60 ms
? debug 1 ;; q what reduced the confusion of tree and three? ;; q fix for tree vs three ;; m stride 1 ;; a 0
? idea 1 ;; q why is stride 1 in the first block not our default?
q Stride 1 helps tree/three so why did we not keep it everywhere ;; m MACs
! tree vs three: did a human listening test confirm the errors?
! Have we asked listeners to label the tree/three clips? ;; x listening | listener | listeners | annotators
= label_smoothing
$ e: 0.05 | 0.1 | 0.2
@ 0 own ;; - Label smoothing {e} in the base session. Base acc is a bit better, new classes are clearly worse.
- It pulls base features into tight clusters and throws away the directions that new words would need.
@ 6 Lab ;; - Label smoothing is out. The professor says only keep it as a negative result in one sentence.
? idea 0 ;; q why does label smoothing hurt the new classes? ;; q label smoothing was bad for novel words bc of what?
m tight clusters | throws away the directions
? revised 1 ;; q is label smoothing still part of the training recipe? ;; q label smoothing in or out? ;; l out | no
m negative result | label smoothing is out ;; a 0
? detail 0 ;; q what smoothing value did we try in the base session? ;; q label smoothing eps = ? ;; l {e}
! did we try label smoothing only in the incremental sessions?
! label smoothing in the incremental sessions instead of base, tested?
x only in the incremental | during the incremental
= nan_logits
$ ep: 7 | 12 | 19 ;; $ eps: 1e-6 | 1e-5 | 1e-8
@ 0 own ;; - NaN in the logits at epoch {ep}, always in the same batch.
- First guess: lr is too high. Lower lr just moves the NaN to a later epoch.
@ 1 own Fix ;; - Found it. One clip is all zeros, log of the mel energy is -inf, and then the norm makes NaN of it.
- Added {eps} before the log. Solved~
@ 12 Scratch
- NaN is back, but it is not the log this time. Cosine of a zero prototype, when a class gets no shots in the session.
? debug 1 ;; q what was the first NaN problem in the logits caused by?
q nan logits back then (the one with the log): root cause ;; m all zeros ;; a 0
? debug 1 ;; q what constant did I add before the log to kill the NaN ;; q epsilon inside the log mel against nan?
l {eps}
? debug 2 ;; q NaNs came back later, what was it the second time ;; q second NaN bug - cause?
m zero prototype | no shots ;; a 1
? detail 0 ;; q at which epoch did the logits become NaN? ;; q nan started at epoch..? ;; l {ep}
! what's the file name of the all-zero clip?
! which wav file was the broken clip with only zeros? i want to exclude it from the manifest ;; x .wav | nohash
= worker_seeds
$ w: 4 | 8 | 12
@ 0 code_dataloader ;; - All {w} dataloader workers make the same noise, since numpy's random state is copied at fork.
- So each batch has {w} times the same noise crop. It explains why more workers gave worse results!
@ 1 code_dataloader Fix
- `worker_init_fn` now seeds numpy with `torch.initial_seed() % 2**32`. Noise is different in each worker.
@ 6 Scratch
- Repeated the old noise experiment after the seeding fix, gain is 0.4 points only. Not the big win I hoped for.
? debug 0 ;; q why did more dataloader workers give worse results?
q weird thing w/ num_workers and noise, what was going on there ;; m same noise | copied at fork ;; a 1
? debug 1 ;; q how is the identical noise in all workers solved? ;; q fix for the workers' random state?
m worker_init_fn | initial_seed ;; a 0
? detail 2 ;; q how much did the worker seeding fix actually bring ;; q gain after seeding the workers properly?
l 0.4
! did we report the worker seeding bug to pytorch upstream?
! is there a github issue by us on the dataloader seeding thing? ;; x github | upstream | reported
= resample_bug
$ n: 212 | 340 | 95
@ 0 code_audio
- Own recordings have 44.1 kHz and the loader reads them as 16 kHz. So everything is slow and deep, no wonder acc \
is 20 %.
@ 1 code_audio Fix
- Resample with torchaudio in `load_clip`, and assert on the sample rate. {n} files were affected.
@ 5 Scratch ;; - Own recordings are at 78 % after the resampling fix. Rest is the cheap microphone I guess.
? debug 0 ;; q why was acc on our own recordings only 20 %? ;; q own recordings sounded slow and deep, reason?
m 44.1 ;; a 1,2
? detail 1 ;; q how many files had the wrong sample rate? ;; q count of files hit by the 44.1k bug ;; l {n}
? detail 2 ;; q what accuracy do own recordings have after resampling?
q own recordings acc once the sample rate was fixed ;; l 78
! which microphone model was used for the own recordings? ;; ! brand of the cheap mic in our recordings?
x røde | shure | logitech | brand
= checkpoint_overwrite
$ s: third | fourth | second
@ 0 code_checkpoints
- The best model of last week is gone. Two jobs had the same `model_dir`, and the {s} session of one overwrote the \
other.
@ 0 code_checkpoints Fix
- `model_dir` gets the start time and the git hash at the end now. And it refuses to write into a folder that is \
not empty.
@ 4 ToDo_old
- Still have to train the lost one again. Don't have its seed, so the numbers won't be exactly the same.
? debug 0 ;; q how did we lose the best model? ;; q what happend to the checkpoint that disappeared
m same `model_dir` | same model_dir | overwrote ;; a 1,2
? debug 1 ;; q what prevents two jobs from overwriting each other's checkpoints now?
q checkpoints safe now? what did i change ;; m git hash | start time | not empty ;; a 0
? idea 2 ;; q why can't the lost model be reproduced exactly?
q lost checkpoint: can we get the identical numbers again, and if not why ;; m seed
! is there a backup of the checkpoints on the NAS? ;; ! do checkpoints get backed up to some cloud or NAS
x nas | cloud | backup | backed up
= oom_session
$ s: 3 | 4 | 2 ;; $ g: 18 | 22 | 31
@ 0 own
- CUDA out of memory in session {s}, batch size does not matter. Memory grows by {g} GB from session to session.
@ 1 own Fix ;; - Prototypes were stored with their graph. `.detach()` in `update_fc`, memory is flat now.
? debug 1 ;; q what caused the out of memory in the incremental sessions
q cuda OOM that didn't depend on batch size: cause and fix? ;; m detach | with their graph ;; a 0
? detail 0 ;; q in which session did it run out of GPU memory? ;; q OOM hit in session number? ;; l {s}
? detail 0 ;; q how many GB did memory grow each session before the fix
q growth of gpu memory per session in the leak? ;; l {g} gb | {g}gb | {g}
! what is the peak GPU memory now after the detach fix? ;; ! peak memory after the leak was gone? ;; x peak
= batchnorm_drift
$ d1: 2.2 | 3.7 | 2.9
@ 0 own ;; - BN running statistics change with each incremental session as the few shots go through in train mode.
- So the base embeddings drift although no weight changes. Seen acc loses {d1} points by this only.
@ 2 own Fix ;; - `model.eval()` before the prototypes are made. Seen acc is flat over the sessions now.
@ 8 own
- Tried GroupNorm instead of BN : no drift by construction, but base acc is lower by 1.1. Stay with BN in eval mode.
? debug 0 ;; q why did base embeddings drift although no weights changed?
q seen acc decays in the sessions even w/ frozen weights, what was it ;; m running statistics | train mode ;; a 1
? debug 1 ;; q fix for the batchnorm drift? ;; q how did we stop seen acc from dropping due to BN
m model.eval() | eval mode | model.eval ;; a 0,2
? revised 2 ;; q did GroupNorm replace BN in the end? ;; q BN or GroupNorm - final choice? ;; l BN | no
m eval mode | stay with BN | 1.1 | base acc ;; a 1
? detail 0 ;; q how many points of seen acc did we lose by BN drift ;; q BN statistics drift costs how much on seen?
l {d1}
! how many groups did the GroupNorm have? ;; ! GroupNorm: number of groups we used? ;; x groups
= shot_sampling
$ v: 4.1 | 5.6 | 3.3
@ 0 own ;; - Unseen acc moves by {v} points just by drawing other five shots. One fixed draw tells nothing.
- From now on 10 draws and mean with standard deviation in every table.
@ 5 Lab ;; - Shun (labmate) does it with 100 draws, since prototypes are cheap. Professor agrees, so 100 draws it is.
? revised 1 ;; q how many draws of the support set do we average over now?
q number of shot draws for the tables, latest decision ;; l 100 ;; a 0
? as_of 0 1 ;; q how many support draws did i plan for each table?
q back on {d}, how many draws of the shots per table was the rule? ;; l 10 draws | 10 ;; n 100 draws
? idea 0 ;; q why isn't one fixed draw of shots enough? ;; q reason for averaging over several shot draws?
m {v} | one fixed draw | other five shots
? idea 1 ;; q why are so many draws affordable?
q who came up with the larger number of draws and why is it not expensive ;; m prototypes are cheap
! what's the confidence interval over the draws, 95 or 99 %?
! do we give a 95% confidence interval on the shot draws? ;; x confidence | 95 % | 95%
= harmonic_mean_bug
$ x,y: 71.3,66.8 | 68.9,63.2 | 74.6,70.1
@ 0 code_metrics
- Harmonic mean in `metrics.py` was taken over classes first and then averaged. Should be of the two accuracies.
> [!error] Table 2 of the draft is wrong by this. Headline harmonic mean is {y}, not {x}.
@ 2 code_metrics Code ;; - Wrote a test for it with numbers by hand, `test_harmonic_by_hand`.
? revised 0 ;; q the headline harmonic mean of {x} in the draft, is that number ok?
q can we still claim {x} harmonic mean in table 2? ;; l no | {y} | wrong | not ;; m {y}
? debug 0 ;; q what was the mistake in the harmonic mean computation
q harmonic mean bug in metrics.py - what did it do wrong? ;; m over classes first
? detail 1 ;; q which test guards the harmonic mean now? ;; q name of the unit test for harmonic mean
l test_harmonic_by_hand
! who found the harmonic mean bug? ;; ! harmonic mean mistake: did a reviewer or labmate spot it?
x found by | spotted
= phoneme_prior
$ p: 39 | 41 | 44
@ 0 own
- We know the text of a new word! So g2p gives its phonemes, and a text encoder could guess the prototype before \
any shot.
- Phoneme set with {p} symbols, one embedding each, mean over the word as the first version.
@ 6 own ;; - Mean over phonemes can't tell "tap" from "pat". Needs the order, try a small GRU on top.
@ 10 Scratch ;; - Phoneme prior + shots beats shots alone only with 1 shot, from 5 shots on there is no difference.
? idea 0 ;; q what's the phoneme prior idea?
q how can a prototype be guessed before there's any recording of the word? ;; m g2p | text encoder | phonemes
? debug 1 ;; q problem with averaging phoneme embeddings? ;; q why is the mean over the phonemes not enough
m order | tap
? next_step 1 ;; q what should come on top of the phoneme embeddings ;; q phoneme prior: planned remedy for tap/pat?
m small GRU
? idea 2 ;; q when does the phoneme prior actually help? ;; q is the text prior useful with 5 shots?
m 1 shot | only with 1
? detail 0 ;; q size of the phoneme set? ;; q how many phoneme symbols do we have ;; l {p}
! which g2p tool produces the phonemes? ;; ! did we take espeak or some other g2p package?
x espeak | phonemizer | g2p_en | cmudict
= cosine_margin
$ m1,m2: 0.2,0.13 | 0.3,0.17 | 0.35,0.24
@ 0 own ;; - Additive margin {m1} in the base classifier. Should leave room for new classes between the base ones.
@ 3 own ;; - {m1} does not converge from scratch. Train 20 epochs without margin, then ramp it up.
@ 11 own ;; - Margin {m1} is too much with noise. {m2} is the setting for all noisy runs now.
? idea 0 ;; q what was the margin in the base classifier supposed to do?
q purpose of the additive margin, one line please ;; m room for new classes
? debug 1 ;; q how do i get the margin model to converge?
q margin training doesn't converge from scratch - workaround? ;; m without margin | ramp ;; a 0
? revised 2 ;; q which margin for noisy runs these days? ;; q margin value under noise, current setting ;; l {m2}
a 0,1
? as_of 0,1 2 ;; q which additive margin were we using? ;; q on {d}, what margin was in use in the base classifier?
l {m1} ;; n {m2}
! what scale s goes together with the margin? ;; ! the margin loss needs a scale, which scale did we take (30? 64?)
x scale
= dtw_matching
$ ms: 46 | 73 | 58
@ 0 own
- Matching the frame sequences by DTW at test, instead of pooled vectors. Words have different lengths so pooling \
loses the order.
@ 4 own ;; - DTW takes {ms} ms for each query with 35 classes, pooled cosine is below 1 ms. Too slow for the device.
- Next: first cut to the top 3 by pooled cosine, then DTW only among these.
@ 8 own ;; - Top 3 then DTW : same acc as full DTW. Good, keep this.
? idea 0 ;; q why DTW rather than pooled vectors? ;; q motivation for dtw matching at test time
m pooling loses the order | different lengths
? detail 1 ;; q latency of full DTW per query ;; q how many ms does a dtw query cost with all classes?
l {ms} ms | {ms}ms | {ms} ;; a 2
? next_step 1 ;; q how did i plan to make dtw fast enough ;; q DTW too slow -> plan? ;; m top 3 ;; a 2
? status 2 ;; q where does the top-3 + DTW thing stand, does it lose accuracy?
q did the two step dtw keep the accuracy? ;; m same acc ;; a 1
! what band width (Sakoe-Chiba) does our dtw use? ;; ! is there a Sakoe-Chiba band in the DTW, and how wide?
x sakoe | band
= lpc_order
$ o1,o2: 12,16 | 10,18 | 14,20
@ 0 own ;; - LPC order {o1} leaves the second formant in the residual. One can hear the vowel in it.
- Order {o2} : residual sounds like a buzz only, as it should.
@ 7 own
- Higher order also eats the fricatives, "six" and "stop" get worse with the residual. Keep {o2} but add \
pre-emphasis 0.97.
? idea 0 ;; q why is LPC order {o1} too low ;; q what's the problem with lpc order {o1}?
m second formant | hear the vowel
? detail 0,1 ;; q which LPC order did i settle on? ;; q lpc order for the residual, final value ;; l {o2}
? debug 1 ;; q which words got worse with the higher LPC order? ;; q high lpc order hurts what? ;; m fricatives | six
? detail 1 ;; q pre-emphasis coefficient? ;; q what pre-emphasis goes with the lpc ;; l 0.97
! which window length do we use for the LPC frames? ;; ! lpc analysis window, hann or hamming?
x hann | hamming | window
= unknown_words
$ t1,t2: 0.62,0.55 | 0.7,0.58 | 0.66,0.6
@ 0 own ;; - Words that were never enrolled should be rejected. Threshold {t1} on the best cosine.
@ 5 own
- Later sessions have more prototypes, so the max cosine of any junk goes up. A fixed threshold can't work over \
sessions.
- Idea: use the gap between best and second best instead.
@ 9 own ;; - The gap works well, false accepts go from 9 % to 4 %. Threshold on the cosine is dropped.
? idea 1 ;; q why does a fixed rejection threshold not work over the sessions?
q rejecting unknown words with one threshold failed bc? ;; m more prototypes | max cosine
? revised 2 ;; q how do we reject unknown words now, threshold or sth else
q Unknown word rejection: what is the present method? ;; m gap ;; a 0,1
? detail 2 ;; q false accepts before and after the gap criterion ;; q how much did the gap rule cut false accepts?
m 9 % ;; m 4 %
? as_of 0 1 ;; q which rejection threshold did we have for words that were never enrolled?
q as of {d} what was the cosine threshold for rejecting unknown words? ;; l {t1} ;; n false accepts
! what AUROC does the unknown word rejection reach? ;; ! auroc of open-set rejection? ;; x auroc | auc
= nfs_slow
$ a,b: 38,6 | 55,9 | 44,7
@ 0 code_data ;; - One epoch takes {a} min, GPU is at 15 % all the time. All the small wav files come over NFS.
@ 1 code_data Fix ;; - Packed the features into one memmap on the local SSD. {b} min for an epoch now.
@ 8 Scratch
- Local SSD was full because of the memmaps of old splits. Deleted all older than the speaker split, mind this next \
time.
? debug 0 ;; q why was the GPU idle most of the time in training? ;; q gpu utilisation 15 %, what was the bottleneck
m NFS ;; a 1
? debug 1 ;; q how did I speed up data loading ;; q epoch time: what made it fast? ;; m memmap ;; a 0
? detail 1 ;; q minutes per epoch after the speed-up? ;; q how long is one epoch now w/ the packed features
l {b} min | {b} ;; a 0
? debug 2 ;; q what filled up the local SSD? ;; q ssd full, what was the culprit
m memmaps of old splits | old splits | memmaps
! how large is the memmap file in GB? ;; ! size on disk of the packed feature file? ;; x GB | gigabyte | TB
= tsne_figure
$ p: 30 | 40 | 15
@ 0 own
- t-SNE figure with perplexity {p}. Looks great for one seed and terrible for another, so it proves nothing.
@ 3 Lab
- Professor: replace the t-SNE by the distance matrix of the prototypes. Clusters in t-SNE are no argument for \
reviewers.
? revised 1 ;; q are we keeping the t-SNE figure? ;; q t-SNE in the paper or not, what did the professor say
l distance matrix | no | replace ;; m distance matrix ;; a 0
? idea 0 ;; q why don't i trust the t-SNE plot ;; q what bothered me about the tsne figure? ;; m one seed ;; a 1
? detail 0 ;; q perplexity of the t-SNE figure ;; q which perplexity did i plot t-sne with? ;; l {p}
! which colormap was the t-SNE figure in? ;; ! does the distance matrix figure have an inset, what colormap?
x colormap | viridis | inset
= teacher_distill
$ a: 0.5 | 0.7 | 0.3
@ 0 own ;; - Distill a frozen wav2vec2 into the small net in the base session, weight {a} on the feature MSE.
- Hope is that the teacher already knows sounds that are not in the base words.
@ 6 own
- Teacher features of short clips are bad, wav2vec2 wants longer context. Padding with silence to 3 s helps it a lot.
@ 10 Lab
- Reviewers may say that the comparison is unfair as the teacher saw 960 h. So distillation gets its own table row \
only.
? idea 0 ;; q what is the hope behind distilling wav2vec2 ;; q why would a big teacher help for new words?
m sounds that are not in the base
? debug 1 ;; q how did we get useful teacher features for 1 s clips?
q wav2vec2 features were bad on short clips; solution? ;; m padding with silence | 3 s
? idea 2 ;; q why does distillation only get its own row ;; q fairness concern about the teacher? ;; m unfair | 960 h
? detail 0 ;; q weight on the feature MSE in distillation? ;; q distill loss weight ;; l {a}
! which layer of wav2vec2 do we distill? ;; ! the teacher layer - last one or a middle one?
x layer 6 | layer 9 | last layer | middle layer
= int8_device
$ a,b: 94.1,91.7 | 93.2,92.4 | 95.0,92.9
@ 0 own ;; - int8 on the Raspberry Pi : base acc {a} -> {b}. Loss comes nearly all from the SubSpectralNorm layers.
@ 3 own Fix ;; - Leave SubSpectralNorm in float16, rest in int8. Only 0.3 points below float.
@ 9 Scratch ;; - Enrolling a new word on the Pi takes 2.1 s for five shots. Good enough for the demo.
? detail 0 ;; q base accuracy after naive int8 quantisation? ;; q full int8 on the pi gives which base acc ;; l {b}
? debug 0 ;; q where does the int8 loss come from? ;; q which layers are to blame for the quantization drop
m SubSpectralNorm ;; a 1
? debug 1 ;; q how did we get quantisation loss down to 0.3? ;; q quantized model fix? ;; m float16 ;; a 0
? detail 2 ;; q how long does it take to enroll a word on the Pi? ;; q enrollment time on the device with five shots
l 2.1 s | 2.1s | 2.1
! how much power does the Pi draw when it runs the int8 model? ;; ! energy per inference on the pi?
x watt | mW | joule | power
= forgetting_replay
$ k1,k2: 5,1 | 8,2 | 10,3
@ 0 own ;; - Replay {k1} stored clips of each base word in the incremental sessions against forgetting.
@ 4 own ;; - {k2} for each word is already enough, more changes nothing. Take {k2}.
@ 7 Lab ;; - Privacy: stored clips of users are not ok for the company partner. Store embeddings instead of audio.
? revised 1 ;; q how many stored items per base word do we replay? ;; q replay memory per word, final number
l {k2} for each | take {k2} | {k2} clip | {k2} per | {k2} stored | {k2} item | is {k2} | {k2} is ;; a 0
? as_of 0 1 ;; q how many clips of each base word are replayed?
q on {d} how many clips per base word did we replay against forgetting ;; l {k1} ;; n already enough
? idea 2 ;; q why embeddings and not audio in the replay memory? ;; q What was the objection against storing clips?
m privacy | company partner
! what's the total size of the replay memory in kB? ;; ! replay memory budget in kilobytes? ;; x kB | kilobyte | MB
= thesis_title
$ conf: Interspeech | ICASSP | ASRU ;; $ pages: 4 | 5 | 6
@ 0 paper_draft
- Target is {conf}, {pages} pages plus references. Story: calibration by sub-word parts, no gradient after the base \
session.
@ 4 paper_draft
- Contribution list is too long. Professor wants only two: the part-wise prototypes, and the speaker-clean protocol.
@ 9 paper_draft
- Related work must have the paragraph on user-defined keyword spotting, reviewer of the last time asked for it.
? detail 0 ;; q which venue are we targeting? ;; q where do we submit the paper ;; l {conf}
? idea 1 ;; q which two contributions remain in the paper? ;; q contribution list, what did prof leave in
m part-wise prototypes ;; m speaker-clean protocol
? idea 2 ;; q why do we need the para on user-defined KWS in related work
q what must not be missing in related work? ;; m reviewer | user-defined keyword spotting
! who's second author on the paper? ;; ! author order of the draft? ;; x second author | co-author | authors
= duration_norm
$ f: 64 | 80 | 101
@ 0 own ;; - Interpolate each word to {f} frames before comparing, so slow and fast speakers match.
@ 5 own ;; - Stretching ruins the plosives: a burst that is 4 times longer looks like a fricative. "go" becomes "so".
- So only stretch the voiced part.
@ 9 Scratch ;; - Stretch only voiced part : works, but needs voicing decision, and that one is bad in noise.
? idea 0 ;; q what's the point of interpolating words to a fixed number of frames?
q reason for duration normalisation? ;; m slow and fast
? debug 1 ;; q why did "go" become "so"? ;; q stretching the time axis broke plosives, how exactly
m looks like a fricative | burst
? next_step 1 ;; q after the stretching problem, what did I decide to stretch?
q which part should be stretched only? ;; m voiced part ;; a 2
? idea 2 ;; q weak point of stretching only the voiced part ;; q voiced-only stretching: what's still bad about it?
m voicing decision | in noise
! do we use linear or cubic interpolation for the duration thing? ;; ! interpolation type in duration normalization?
x linear | cubic | spline
= warmup_adapter
$ n,s: 200,5 | 300,8 | 500,10
@ 0 own
- Adapter after the third block, trained on the shots in each session, {n} steps. Overfits after {s} steps already.
@ 3 own ;; - With an L2 pull to the old weights it stays ok for all {n} steps. Still only as good as no adapter.
@ 6 own ;; > [!fail] Adapter idea is closed. No gain in four tries and ten times the enrolment time.
? status 2 ;; q is the adapter idea still alive? ;; q adapter: status? ;; l closed | fail | no ;; m closed | no gain
a 0,1
? debug 0 ;; q how early does the adapter overfit? ;; q adapter overfitting starts after how many steps
l {s} steps | {s} ;; a 1
? idea 1 ;; q what kept the adapter from overfitting ;; q adapter regularisation - what did we add? ;; m L2 ;; a 0
? idea 2 ;; q why did i give up the adapters? ;; q reasons for closing the adapter direction
m no gain | enrolment time
! what bottleneck dimension did the adapter have? ;; ! adapter hidden size? ;; x bottleneck | hidden size | hidden dim
= session_order
$ d: 2.4 | 3.0 | 1.9
@ 0 own
- Order of the new words changes the final acc by {d} points. Similar words in the same session are the bad case.
@ 4 own
- Alphabetical order puts "on" with "off" and "one" together, so our protocol is by accident one of the hard ones.
@ 7 Lab ;; - Agreed: 5 random orders, the same for all methods, order files go into the repository.
? detail 0 ;; q how many points does the session order change ;; q effect of word order over sessions on final acc?
l {d}
? idea 1 ;; q why is alphabetical order a hard protocol?
q what's special with the alphabetical ordering of the new words ;; m "off" | "one" | together
? revised 2 ;; q how do we handle the word order over sessions now ;; q agreed number of session orders?
m 5 random orders | 5 random | random orders ;; a 0
! which random seeds generated the orders? ;; ! seed numbers of the session orders? ;; x seeds | seed 1 | seed 42
"""

# Campaigns: phrase of the notes | words of the questions | project | fixed options | option | values | one never run.
CAMPAIGN_TEXT = """
Plain base model | the plain base model | base |  | lr_base | 0.001,0.005,0.01,0.02 | 0.05
One GRU layer on speech | one GRU layer on speech | trans | sequential_layer="GRU" | temperature | 4,8,16,32 | 64
One Transformer layer | one Transformer layer | trans |\
 sequential_layer="Transformer" | noise_prob | 0.0,0.2,0.4,0.8 | 0.6
LPC frames in order | the LPC frames in order | trans |  | loss_lpc | 0.1,0.5,1,2 | 4
Primitive model | the primitive model | primitive |  | matrix_loss_metric | "attention","cka","cosine" | "euclidean"
Composition with formants | the composition with formants | comp |  | loss_a_freq_cls | 0.1,0.3,0.5,1 | 3
Residual classifier | the residual classifier | comp |  | loss_res_cls | 0.1,0.25,0.5,1 | 5
TEEN calibration | TEEN calibration | teen |  | shot | 1,3,5,10 | 20
FACT with virtual classes | FACT with virtual classes | fact |  | epochs_base | 50,80,100,150 | 300
Augmented formant loss | the augmented formant loss | comp |  | loss_aug_a_freq | 0.2,0.4,0.8 | 1.6
Classifier frozen late | the late frozen classifier | comp |  | epoch_freeze_classifier | 20,40,60,80 | 10
Shuffled frames | the shuffled frames | trans |  | loss_lpc_shuffled | 0.1,0.5,1 | 3
Cosine schedule | the Cosine schedule | base | schedule="Cosine" | tmax | 50,100,200 | 400
Regularized base session | the regularized base session | base |  | loss_regularize | 0.01,0.1,1 | 10
Guided start | the guided start | comp |  | epoch_guideline | 5,10,20,30 | 50
Two GRU layers | two GRU layers | trans | sequential_layer="GRU" | decay | 0.0001,0.0005,0.001,0.005 | 0.01
"""
Campaign = tuple[str, str, str, dict[str, str], str, list[str], str]
ORDER_TEXT = (
    "project dataset base_mode new_mode lr_base decay epochs_base batch_size_base schedule tmax gpu temperature "
    "noise_prob matrix_loss_metric num_features_pri sequential_layer loss_lpc loss_lpc_shuffled loss_a_freq_cls "
    "loss_res_cls loss_aug_a_freq epoch_guideline epoch_freeze_classifier loss_regularize shot"
)
ORDER = ORDER_TEXT.split()
VERDICTS = [
    ("wrong code, the classifier saw test labels", ["wrong code", "test labels"]),
    ("the old split was loaded", ["old split"]),
    ("noise was also on the test clips", ["test clips"]),
    ("two runs shared one GPU and the seed was not set", ["seed was not set", "shared one gpu"]),
    ("features were read from a stale file", ["stale file"]),
]
TASK_TEXT = """
Paper: Read the survey on continual audio learning | Draw the overview figure | Shorten the abstract to 150 words
Paper: Table with all ablations | Ask Kenta to proofread the introduction
Paper: Put the equations of the calibration in the appendix | Check the citation style
Code: Refactor `trainer.py` into base and incremental part | Command line switch for the confusion matrix
Code: Unit test for the feature extraction | Remove the dead logits2 branch
Code: Save the embeddings of all the sessions as npz | Type hints in `helper.py`
Idea: Think about sub-word prototypes | Sketch a loss for the onset frames | Compare prototypes with medoids on paper
Study: Chapter on linear prediction in the speech book | Watch the lecture about meta learning
Study: Go through the proof of the CKA invariance
Lab: Slides for the group meeting | Book the recording booth | Return the audio interface to the office
Lab: Introduce the new master student to the server
Others: Renew the student card | Form for the travel grant | Order a new keyboard
"""
TASK_ROWS = [row.split(": ") for row in TASK_TEXT.strip().split("\n")]
TASKS = [(category, text) for category, texts in TASK_ROWS for text in texts.split(" | ")]
# Things never written: the wording and words that would stand in the notes if they were.
ABSENT = [
    ("whats the best trial of the optuna search?", ["optuna"]),
    ("did we ever try a Mamba layer instead of the GRU", ["mamba"]),
    ("how many hours of MSWC did we use for pretraining", ["mswc", "multilingual"]),
    ("what did the reviewers at NeurIPS complain about?", ["neurips"]),
    ("which conformer size worked best in our tests?", ["conformer"]),
    ("Could you remind me of the result with HuBERT features?", ["hubert"]),
    ("how much do we pay per hour for the cloud GPUs", ["cloud", "aws", "per hour"]),
    ("when is the lab retreat and where", ["retreat"]),
    ("results w/ federated training over the phones?", ["federated"]),
    ("Which prompt did we use for the audio LLM baseline?", ["prompt", "audio llm"]),
    ("what's the word error rate of our Whisper transcripts", ["whisper", "word error"]),
    ("did knowledge graph embeddings help for new words?", ["knowledge graph"]),
    ("who has the key for the anechoic chamber?", ["anechoic", "chamber"]),
    ("accuracy on the Korean keyword set pls", ["korean"]),
    ("is MAML better than our prototypes, we tested this right?", ["maml"]),
    ("what dropout rate is in the last block", ["dropout"]),
    ("what was the outcome of the diffusion model that generates shots", ["diffusion"]),
    ("Please tell me the latency on the Cortex-M microcontroller.", ["cortex", "microcontroller"]),
    ("how many participants did the user study have?", ["user study", "participants"]),
    ("what's my login for the HPC cluster", ["hpc", "login"]),
    ("which Slack channel is for the job alarms?", ["slack", "channel"]),
    ("what did we conclude about hyperbolic embeddings", ["hyperbolic", "poincar"]),
    ("gradient clipping value in the base session?", ["clipping", "clip_grad"]),
    ("Did Professor allow me to go to the summer school?", ["summer school"]),
    ("ethics approval number for the childrens' recordings", ["ethics", "children"]),
    ("what's the p-value of the significance test between TEEN and ours", ["p-value", "significance", "wilcoxon"]),
    ("label noise experiments: how robust were we at 20 % wrong labels?", ["label noise", "wrong labels"]),
    ("where did I put the poster file for the open campus day", ["poster", "open campus"]),
]
CHATTER = [
    "What do I need to do... Look at the confusion matrix again.",
    "Server is busy, so read a paper in the mean time.",
    "Should write more in the notes. I can't remeber what I did on Friday.",
    "Think the embeddings should be seen as trajectories, not as points.",
    "Not sure if cosine is the right thing for spectra at all.",
    "Had a talk with Kenta about keyword lengths. No conclusion.",
    "Coffee machine is broken. Bad day for the science.",
    "The base session is boring but everything depends on it.",
    "Maybe plot the norm of the embedings for each session.",
    "Deadline comes nearer, only do things that go in the paper.",
    "I keep changing two things at the same time. Don't.",
    "Is the problem few-shot or is it incremental? Separate these two.",
    "Half of the day went to the meeting. Nothing done.",
    "Cleaned up the folder with figures.",
    "A simple baseline is often enough, ==always report it==.",
    "%%stupid day%% Slept badly, only small stuff.",
    "~~Maybe a bigger model~~ no, the device is small.",
    "Look into what voiced frames do in the second block.",
    "Writing the method section is harder than the method.",
    "Need nicer names for the losses, nobody understands `loss_res_cls`.",
]
SMALL = [
    'Listened to some clips of "{w}". With this quality it is a miracle that anything works.',
    'The spectrogram of "{w}" looks differnet for each speaker, should look at the voiced part only.',
    'Where does the attention go in "{w}"? To the vowel, as always.',
    'Embeddings of "{w}" are in two groups. British and American I guess, or just slow and hasty.',
    'Think "{w}" is too easy. It never was a problem in any session.',
    'Made a plot for "{w}", but forgot what I wanted to see with it.',
]
PAPERS = [
    ("Forward compatible few-shot learning", "Reserve space for classes that come later by virtual prototypes."),
    ("Training-free calibration of prototypes", "New prototypes are biased to base classes, so move them back a bit."),
    ("Broadcasted residual networks for keywords", "2d convolution for frequency, 1d for time, then broadcast."),
    ("Similarity of representations revisited", "CKA does not change by rotation, so the frame order is lost."),
    ("Dummy classifiers for open sets", "An extra output takes all of what does not belong anywhere."),
    ("Keyword spotting with phone posteriors", "Old but nice: sequence of posteriors, then matching of paths."),
    ("Continual learning of spoken words", "They store exemplars, we don't want to. Still the best baseline."),
    ("Attention pooling for short commands", "Weights over frames follow the vowels mostly."),
    ("A closer look at few-shot evaluation", "Most gains vanish when the backbone is the same."),
    ("Source-filter models for neural nets", "Split the speech in excitation and envelope before the net."),
    ("Metric learning for speech commands", "Triplets with hard negatives, needs very long training."),
    ("Learning without forgetting in audio", "Distill the old outputs on the new data."),
    ("Spectrogram masking as regularizer", "Masks in time are harmful for words below half a second."),
    ("On the geometry of class means", "Class means become a simplex at the end of the training."),
    ("Benchmarks for tiny speech models", "Count the memory, not only the operations."),
    ("Human perception of spoken digits", "Listeners use the onset and the vowel, hardly the rest."),
]
PREFIXES = [
    "quick one: ",
    "writing sec. 4 and can't find it: ",
    "sorry, in a hurry - ",
    "advisor is asking: ",
    "for the camera-ready i guess: ",
    "ok so the deadline is close and my notes are a mess and before i redo everything i just want to be sure: ",
    "Good morning, I am new here and my English not so good, but I would like to know: ",
    "i know i wrote it down somewhere but honestly there are so many files by now that i gave up searching, so: ",
    "pls: ",
    "reviewer 2 will ask this for sure: ",
    "re the results section, before i write nonsense there - ",
    "3rd coffee, still cannot remember, ",
    "sorry if this is obvious, but ",
    "filling in the appendix while the other half of my brain is at the rebuttal, so bear with me: ",
    "prof wants an answer before lunch: ",
    "typing on the phone, sorry - ",
]
SUFFIXES = [" thx", " (need it for the table)", " asap pls", " - just tell me in one line", " I keep forgetting this."]
SHORT = {"accuracy": "acc", "with": "w/", "because": "bc", "experiments": "exps", "please": "pls", "what is": "whats"}
SHORT |= {"something": "sth", "trainings": "training runs", "harmonic mean": "HM", "number of": "nr of"}
MONTH_TEXT = "January February March April May June July August September October November December"
MONTHS = MONTH_TEXT.split()
COUNT_TEXT = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
UNIT_TEXT = "run exp time train job record result entr of in differ value different"


def read_campaigns() -> list[Campaign]:
    """The campaigns of the text above."""
    found = []
    for row in CAMPAIGN_TEXT.strip().split("\n"):
        phrase, ask, project, fixed, option, values, never = row.split(" | ")
        options = dict(part.split("=") for part in fixed.split(";") if part)
        found.append((phrase, ask, project, options, option, values.split(","), never))
    return found


CAMPAIGNS = read_campaigns()


@dataclass
class Note:
    """A note as it grows: day -> sub-heading ("" for none) -> lines."""

    name: str
    styles: list[str]
    intro: list[str] = field(default_factory=list)
    days: dict[date, dict[str, list[str]]] = field(default_factory=dict)


@dataclass
class Run:
    """A training run. state: ok, nan, stopped, running. note: what is odd about its record."""

    phrase: str
    ask: str
    option: str
    value: str
    config: dict[str, str]
    start: date
    end: date
    state: str = "ok"
    odd: str = ""
    said: str = ""
    why: tuple[str, list[str]] = ("", [])
    accuracy: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    unseen: list[float] = field(default_factory=list)
    harmonic: list[float] = field(default_factory=list)
    server: str = ""
    result: str = ""

    @property
    def pasted(self) -> date:
        """The day under which the result was pasted."""
        return self.end - timedelta(days=4) if self.odd == "moved" else self.end

    @property
    def bare(self) -> str:
        """The varied value without quotes."""
        return self.value.strip('"')

    @property
    def text(self) -> str:
        """The description in the notes."""
        return f"{self.phrase}, `{self.option}` {self.bare}"

    @property
    def asked(self) -> str:
        """The run in the words of a question."""
        return f"{self.ask} with {self.option} {self.bare}"

    def forms(self) -> list[str]:
        """What shows that an answer names this run."""
        o, v = self.option, self.bare
        found = [f"`{o}` {v}", f"{o} {v}", f"{o}={v}", f"{o} = {v}", f"{o}: {v}", f"`{o}` = {v}", f"`{o}`: {v}"]
        return found + ([number(self.accuracy[-1])] if self.accuracy else [])

    def places(self) -> list[str]:
        """Where the run stands."""
        return [place for place in (self.result, self.server) if place]


def one_of(rng: Random, *wordings: str, **words: str) -> str:
    """A wording with its words filled in."""
    return rng.choice(wordings).format(**words)


def number(value: float) -> str:
    """A figure as the notes print it."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def array(values: list[float]) -> str:
    """An array as the notes print it."""
    return "[" + ", ".join(map(number, values)) + "]"


def spoken(day: date, rng: Random) -> str:
    """A day as somebody types it."""
    month = MONTHS[day.month - 1]
    return rng.choice([f"{day.day} {month}", f"{month} {day.day}", day.isoformat(), f"{month[:3]} {day.day}"])


def day_forms(day: date) -> list[str]:
    """All the usual spellings of a day."""
    month, n = MONTHS[day.month - 1], day.day
    tail = "th" if 10 < n < 14 else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    forms = [day.isoformat(), f"{day:%Y/%m/%d}", f"{day:%Y%m%d}"]
    for name in (month, month[:3], month[:3] + "."):
        forms += [f"{n} {name}", f"{name} {n}", f"{n:02} {name}", f"{name} {n:02}", f"{n}{tail} {name}"]
        forms += [f"{name} {n}{tail}", f"{n}{tail} of {name}"]
    return forms


def count_forms(n: int) -> list[str]:
    """A count as answers print it."""
    words = COUNT_TEXT.split()
    forms = (
        [f"{n} {unit}" for unit in UNIT_TEXT.split()]
        + [f" {n}{mark}" for mark in (".", ",", ":", ")", " ")]
        + [f"**{n}"]
    )
    return forms + ([words[n]] if n < len(words) else []) + [f": {n}", f"({n}"]


CAPS = (
    "idea=10 debug=9 detail=6 revised=6 as_of=5 next_step=3 status=4 runs_interval=7 count=3 runs_none=3 best=4 "
    "best_valid=1 moved=1 runs_of=2 first_last=2 compare=3 effect=3 run_figure=3 run_option=3 run_command=1 verdict=3 "
    "mismatch=2 dead_run=2 tasks=6 refuse_near=14 refuse_absent=8 refuse_run=3"
)
NONE = ["none", "nothing", "didn't", "did not", "0 run"]
NONE += [*(f"no {w}" for w in ("run", "exp", "train", "job", "record", "entr"))]
NO = ["no,", "no.", "no ", "not ", "n't", "invalid", "wrong", "fail", "unsound", "retract"]


class Journal:
    """The vault and its questions for one seed."""

    def __init__(self, seed: int, notes: int) -> None:
        self.rng = Random(f"ledger-{seed}")
        self.wanted = notes
        self.seed = seed
        length = self.rng.randint(62, 88)
        first = date(2025, 2, 3) + timedelta(days=self.rng.randint(0, 200))
        last = first + timedelta(days=length)
        last += timedelta(days=(6 - last.weekday()) % 7)
        self.days = [first + timedelta(days=i) for i in range((last - first).days + 1)]
        self.today = last + timedelta(days=1)
        self.notes: dict[str, Note] = {}
        self.questions: list[Question] = []
        self.checks: dict[str, dict[str, Any]] = {}
        self.runs: list[Run] = []
        self.asked: set[str] = set()

    # -- writing -----------------------------------------------------------------------------------------------------

    def note(self, name: str) -> Note:
        """The note of this name, made when missing."""
        if name not in self.notes:
            styles = self.rng.choice([["-"], ["/"], [""], ["-", "/"], ["/", ""]])
            if name in ("Experiments", "Server", "Scratch"):
                styles = self.rng.choice([["-", "/", ""], ["-", "/"], ["-", "/", "/"]])
            self.notes[name] = Note(name, styles)
        return self.notes[name]

    def stamp(self, note: Note, day: date) -> str:
        """A day in the form that the note had then."""
        part = (day - self.days[0]).days * len(note.styles) // (len(self.days) + 1)
        return day.strftime("%Y{0}%m{0}%d".format(note.styles[min(part, len(note.styles) - 1)]))

    def add(self, name: str, day: date, lines: list[str], sub: str = "") -> str:
        """Adds lines under a day. Returns the place."""
        note = self.note(name)
        note.days.setdefault(day, {}).setdefault(sub, []).extend(lines)
        return self.place(name, day, sub)

    def place(self, name: str, day: date, sub: str = "") -> str:
        """Note and innermost heading."""
        stamp = self.stamp(self.notes[name], day)
        return f"{name}#{sub}-{stamp}" if sub else f"{name}#{stamp}"

    def link(self, place: str) -> str:
        """A link to a place, broken at times."""
        kind = self.rng.random()
        if kind < 0.07:
            place = place[:-1] + "0"
        elif kind < 0.14:
            place = place.replace("#", "s#", 1)
        elif kind < 0.2:
            place = place[0].lower() + place[1:]
        return f"[[{place}]]"

    def render(self, note: Note) -> str:
        """A note's text."""
        rng = Random(f"{self.seed}-{note.name}")
        lines = ["---", f"id: {note.name}", "aliases: []", "tags: []", "---", "", f"# {note.name}", "", *note.intro]
        for day in sorted(note.days):
            lines.append(f"## {self.stamp(note, day)}" + (" " if rng.random() < 0.25 else ""))
            subs = note.days[day]
            for sub in sorted(subs, key=bool):
                if sub:
                    level = "####" if sub == "Fix" else "###"
                    lines.append(f"### {sub[1:]}" if sub[0] == "!" else f"{level} {sub}-{self.stamp(note, day)}")
                lines += subs[sub]
                lines.append("")
        return "\n".join(lines).rstrip("\n") + "\n"

    # -- asking ------------------------------------------------------------------------------------------------------

    def ask(
        self,
        kind: str,
        text: str,
        must: list[list[str]] | None = None,
        sections: list[list[str]] | None = None,
        *,
        lead: list[list[str]] | None = None,
        never: list[str] | None = None,
        allowed: list[str] | None = None,
        as_of: str = "",
        answered: bool = True,
        wrap: bool = True,
        check: dict[str, Any] | None = None,
    ) -> None:
        """Adds a question, now and then in somebody's manner."""
        if text in self.asked:
            return
        self.asked.add(text)
        if wrap and self.rng.random() < 0.3:
            text = self.rng.choice(PREFIXES) + text
        elif wrap and self.rng.random() < 0.12:
            text = text + self.rng.choice(SUFFIXES)
        elif self.rng.random() < 0.15:
            text = text.rstrip("?.")
        if self.rng.random() < 0.3:
            for word, short in SHORT.items():
                text = re.sub(rf"\b{word}\b", short, text)
        name = f"ledger-{self.seed}-{len(self.questions) + 1:03}"
        question = Question(name, kind, text, self.today.isoformat(), answered)
        if answered:
            question.must, question.lead, question.never = must or [], lead or [], never or []
            question.sections, question.allowed = sections or [], allowed or []
        question.as_of = as_of
        self.questions.append(question)
        if check:
            self.checks[name] = check

    # -- stories -----------------------------------------------------------------------------------------------------

    def stories(self, count: int) -> None:
        """Writes and asks the drawn stories."""
        blocks = ["= " + block for block in STORIES.strip().removeprefix("= ").split("\n= ")]
        for block in self.rng.sample(blocks, count):
            self.story(block)

    def story(self, block: str) -> None:
        """One story: its beats, then a part of its questions."""
        rng = self.rng
        lines = block.split("\n")
        own = lines[0][2:]
        slots: dict[str, str] = {}
        beats: list[tuple[int, str, str, list[str]]] = []
        asks: list[dict[str, list[str]]] = []
        near: list[str] = []
        absent: list[str] = []
        for line in " ;; ".join(lines[1:]).split(" ;; "):
            mark, _, rest = line.partition(" ")
            if mark == "$":
                names, _, values = rest.partition(": ")
                drawn = rng.choice(values.split(" | "))
                slots |= dict(zip(names.split(","), drawn.split(",") if "," in names else [drawn], strict=True))
            elif mark == "@":
                offset, place, *sub = rest.split()
                beats.append((int(offset), place, sub[0] if sub else "", []))
            elif mark in ("-", ">"):
                beats[-1][3].append(fill(line, slots))
            elif mark == "?":
                asks.append({"?": rest.split(), "q": [], "m": [], "l": [], "n": [], "a": []})
            elif mark == "!":
                near.append(fill(rest, slots))
            elif mark == "x":
                absent = rest.split(" | ")
            else:
                asks[-1][mark].append(fill(rest, slots))
        low, high = self.quiet
        while True:
            start = rng.randint(1, len(self.days) - 4 - beats[-1][0])
            days = [self.days[start + beat[0]] for beat in beats]
            if not any(low <= day <= high for day in days):
                break
        places = []
        for (_, place, sub, text), day in zip(beats, days, strict=True):
            name = {"own": own, "Lab": "Lab_meeting"}.get(place, place)
            body = [*text, f"- See {self.link(places[0])}."] if places and rng.random() < 0.35 else text
            if name == "Scratch" and rng.random() < 0.4:
                body = [
                    f"{body[0][:2]}{rng.randint(9, 22)}:{rng.randint(10, 59)}:{rng.randint(10, 59)} : {body[0][2:]}"
                ]
                body += text[1:]
            places.append(self.add(name, day, body, sub))
        stated = [text for beat in beats for text in beat[3]]
        for item in rng.sample(asks, min(len(asks), 3)):
            kind, held, *before = item["?"]
            numbers = [int(n) for n in held.split(",")]
            text = rng.choice(item["q"])
            as_of = ""
            if before:
                eve = max(days[numbers[-1]], days[int(before[0])] - timedelta(days=rng.randint(1, 2)))
                if "{d}" in text:
                    text = text.replace("{d}", spoken(eve, rng))
                else:
                    as_of = eve.isoformat()
            sections = [[places[n]] for n in numbers[-1:]]
            extra = [places[n] for n in numbers[:-1]] + [places[int(n)] for a in item["a"] for n in a.split(",")]
            groups = {key: [[form.strip("_") for form in g.split(" | ")] for g in item[key]] for key in "ml"}
            # A plain verdict is asked for in the first lines only; the decisive phrase anywhere.
            self.ask(
                kind,
                text,
                groups["m"] or groups["l"],
                sections,
                lead=[g + (NO if "no" in g or "not" in g else []) for g in groups["l"]],
                never=item["n"],
                allowed=[place for place in extra if place not in sections[0]],
                as_of=as_of,
                wrap=not before,
            )
        self.near.append((rng.choice(near), absent, stated))

    near: list[tuple[str, list[str], list[str]]]

    # -- runs --------------------------------------------------------------------------------------------------------

    def plan_runs(self) -> None:
        """Draws campaigns, days, figures and what goes wrong."""
        rng = self.rng
        n = len(self.days)
        quiet = rng.randint(n // 4, n // 2)  # Some days away, nothing about it on the server.
        down = rng.randint(n // 2 + 8, n - 16)  # The server is off.
        self.quiet = (self.days[quiet], self.days[quiet + rng.randint(4, 6)])
        self.down = (self.days[down], self.days[down + rng.randint(3, 4)])
        free = [d for d in self.days[2:-1] if not any(a <= d <= b for a, b in (self.quiet, self.down))]
        campaigns = rng.sample(CAMPAIGNS, 12)
        planned: list[tuple[int, str]] = []
        for i, campaign in enumerate(campaigns):
            values = rng.sample(campaign[5], min(len(campaign[5]), rng.choice([3, 4, 4])))
            planned += [(i, value) for value in values]
        for _ in range(8):  # Campaigns overlap a little.
            i = rng.randrange(len(planned) - 2)
            planned[i], planned[i + 2] = planned[i + 2], planned[i]
        starts: list[date] = sorted(rng.sample(free + free, len(planned)))
        used: set[str] = set()
        common = [
            {"epochs_base": rng.choice(["60", "100", "120"]), "batch_size_base": rng.choice(["64", "128"])}
            | {"temperature": "16", "noise_prob": rng.choice(["0.0", "0.8"])}
            for _ in campaigns
        ]
        for (i, value), start in zip(planned, starts, strict=True):
            phrase, ask, project, fixed, option, _, _ = campaigns[i]
            config = {"project": project, "dataset": "gsc2", "lr_base": "0.005", "decay": "0.0005"}
            config |= common[i] | {"gpu": rng.choice("0123")} | fixed | {option: value}
            config = {name: config[name] for name in ORDER if name in config}
            following = start + timedelta(days=1)
            late = rng.random() < 0.3 and not any(a <= following <= b for a, b in (self.quiet, self.down))
            run = Run(phrase, ask, option, value, config, start, following if late else start)
            self.draw_figures(run, used)
            self.runs.append(run)
        messy = {campaign[0] for campaign in campaigns[:5]}
        self.clean = [campaign for campaign in campaigns[5:]]
        self.campaigns = campaigns
        troubled = [run for run in self.runs if run.phrase in messy]
        rng.shuffle(troubled)
        reasons = rng.sample(VERDICTS, 4)
        for run in troubled[:3]:
            run.odd, run.why = "failed", reasons.pop()
        troubled[3].odd, troubled[3].why = "late", reasons.pop()
        for run in troubled[4:6]:
            run.state = "nan"
        for run in troubled[6:8]:
            run.state = "stopped"
        for run in troubled[8:11]:
            if run.option != "epochs_base":
                run.odd, run.said = "mismatch", rng.choice(["200", "40", "150"])
        troubled[11].odd = "two"
        if len(troubled) > 12:
            troubled[12].odd = "repeat"
        before = self.runs[self.runs.index(troubled[13]) - 1]
        if before.state == "ok" and not before.odd and before.phrase != troubled[12].phrase:
            troubled[13].odd = "slip"
        if len(troubled) > 14 and troubled[14].start > self.days[6]:
            troubled[14].odd = "moved"
        for run in troubled[4:8]:
            run.accuracy, run.seen, run.unseen, run.harmonic = [], [], [], []
        # The best figure of all is one that does not count.
        top = max(run.accuracy[-1] for run in self.runs if run.accuracy)
        star = troubled[0]
        shift = round(top + 1.5 - star.accuracy[-1], 3)
        star.accuracy = [min(round(a + shift * k / 5, 3), 99.2 - 0.61 * k) for k, a in enumerate(star.accuracy)]
        running = next(c for c in CAMPAIGNS if c not in campaigns)
        config = {"project": running[2], "dataset": "gsc2", "lr_base": "0.005", "decay": "0.0005", "epochs_base": "100"}
        config |= running[3] | {running[4]: running[5][1]}
        config = {name: config[name] for name in ORDER if name in config}
        last = self.days[-1]
        self.runs.append(Run(running[0], running[1], running[4], running[5][1], config, last, last, "running"))

    def draw_figures(self, run: Run, used: set[str]) -> None:
        """Accuracies that fall over the sessions, no last figure twice."""
        rng = self.rng
        while True:
            a, s, u = rng.uniform(93, 97.5), rng.uniform(92, 96), rng.uniform(62, 76)
            run.accuracy, run.seen, run.unseen = [round(a, 3)], [], []
            for _ in range(5):
                a -= rng.uniform(1.5, 3.6)
                s -= rng.uniform(0.2, 1.4)
                u -= rng.uniform(2, 6.5)
                run.accuracy.append(round(a, 3))
                run.seen.append(round(s, 3))
                run.unseen.append(round(u, 3))
            run.harmonic = [round(2 * x * y / (x + y), 3) for x, y in zip(run.seen, run.unseen, strict=True)]
            figures = {number(v) for v in (run.accuracy[0], run.accuracy[-1], run.unseen[-1], run.harmonic[-1])}
            if len(figures) == 4 and not figures & used:
                used |= figures
                return

    def write_runs(self) -> None:
        """Server entries and results."""
        rng = self.rng
        self.note("Server")
        self.note("Experiments")
        for index, run in enumerate(self.runs):
            run.server = self.place("Server", run.start)
            run.result = self.place("Experiments", run.end) if run.state != "running" else ""
            age = (run.start - self.days[0]).days / len(self.days)
            epochs = f" {run.said} epochs." if run.odd == "mismatch" else ""
            box = "[-]" if run.state == "running" else "[x]"
            tail = rng.choice(["", " Let's see.", " Over night."])
            lines = [f"- {box} {run.text}.{epochs}{tail}"]
            if rng.random() < 0.4:
                lines += ["  > [!note]", "  > Code : " + self.link("code_train#" + run.server.partition("#")[2])]
            lines += ["", "```sh full config" if age < 0.35 else "```sh gsc2.sh", "python train.py \\"]
            glue = "\\" if age < 0.25 else " \\"
            options = [f"  -{name} {value}" for name, value in run.config.items()]
            if age < 0.25 and rng.random() < 0.5:
                lines += [option + glue for option in options]
            else:
                lines += [option + glue for option in options[:-1]] + [options[-1]]
            if run.odd == "repeat":  # Two commands of one entry, the second with another seed.
                lines += ["", "python train.py \\", *(f"  -{n} {v} \\" for n, v in run.config.items())]
            lines += ["```"]
            if run.state == "ok" and rng.random() < 0.12:
                lines += [f"- {rng.randint(13, 23)}:{rng.randint(10, 59)}:07 : half of the epochs, loss goes down."]
            if run.state in ("nan", "stopped"):
                lines += ["- NaN occurs." if run.state == "nan" else "- Stopped."]
            elif run.state == "ok" and rng.random() < 0.8:
                lines += ["> [!note] Result", f"> {self.link(run.result)}"]
            lines += ["---"]
            self.add("Server", run.start, lines)
            if run.state == "running":
                continue
            before = self.runs[index - 1] if index else run
            lines = self.record(run, age, before)
            if run.odd == "moved":  # Pasted under an older day, the suffix tells the day of the result.
                stamp = self.stamp(self.notes["Experiments"], run.end)
                self.notes["Experiments"].days.setdefault(run.pasted, {}).setdefault("", [])
                self.notes["Experiments"].days[run.pasted][f"!Experiments-{stamp}"] = lines
                run.result = f"Experiments#Experiments-{stamp}"
            else:
                self.add("Experiments", run.end, lines)
            if run.odd == "repeat":
                self.repeat(run)
        low, high = self.down
        note = f"- [x] GPU server is off for the new cooling until {self.stamp(self.notes['Server'], high)}, no jobs."
        self.down_place = self.add("Server", low, [note, "---"])
        if rng.random() < 0.7:
            good = [run for run in self.runs if run.accuracy and not run.odd][:4]
            table = ["```", "| setting | last |", "|---|---|"]
            table += [
                f"| [[#{run.result.partition('#')[2]}]] {run.text} | {number(run.accuracy[-1])} |" for run in good
            ]
            self.notes["Experiments"].intro = [*table, "", "```", ""]
        for run in self.runs:
            if run.odd == "late":
                day = min(run.end + timedelta(days=rng.randint(3, 6)), self.days[-1])
                stamp = run.result.partition("#")[2]
                text = f"- The result of {run.text} ([[Experiments#{stamp}]]) does not count: {run.why[0]}."
                self.late = (run, day, self.add("Scratch", day, [text, "- Have to run it again some day."]))

    def record(self, run: Run, age: float, before: Run) -> list[str]:
        """A result as it stands in Experiments."""
        rng = self.rng
        if run.state != "ok":
            said = {"nan": "NaN occurs.", "stopped": "Stopped."}[run.state]
            return [f"> {run.text}.", f"> Server : {self.link(run.server)}", f"> {said}", ""]
        arrays = [array(run.accuracy), "Seen acc:", array(run.seen), "Unseen acc:", array(run.unseen)]
        arrays += ["Harmonic mean:", array(run.harmonic)]
        remark = rng.choice(["", "", "- Not bad.", "- Hmm, expected more.", "- Unseen acc falls too fast.", "- Ok."])
        verdict = f"> [!{rng.choice(['fail', 'Fail', 'error'])}] This result is not valid, {run.why[0]}."
        failed = run.odd == "failed"
        if run.odd == "slip":
            said = f"- The description is copied from the run before, this one is {run.text[0].lower()}{run.text[1:]}."
            return [f"> {before.text}.", f"> Server : [[{run.server}]]", *arrays, said, ""]
        if run.odd == "two":
            other = [round(a - 0.4 - 0.1 * k, 3) for k, a in enumerate(run.accuracy)]
            lines = [f"> {run.text}.", "> Result with best fifth session", *arrays, "", "> Final result", array(other)]
            return [*lines, ""]
        if age < 0.3:
            lines = [f"```txt {run.text}", *arrays, "```"]
            return (["---", verdict] if failed else []) + lines + ([remark] if remark else []) + [""]
        if age < 0.5 and rng.random() < 0.5:
            lines = ["> [!note] Config", f"> {run.text}.", *([verdict] if failed else []), *arrays]
        else:
            lines = [f"> {run.text}.", f"> Server : {self.link(run.server)}", *([verdict] if failed else []), *arrays]
        return lines + ([remark] if remark else []) + [""]

    def repeat(self, run: Run) -> None:
        """The same run again, pasted right under its record."""
        other = Run(run.phrase, run.ask, run.option, run.value, run.config, run.start, run.end)
        self.draw_figures(other, {number(run.accuracy[-1])})
        lines = ["> Same setting with the experiment above, only another seed.", array(other.accuracy), "Seen acc:"]
        lines += [array(other.seen), "Unseen acc:", array(other.unseen), "Harmonic mean:", array(other.harmonic), ""]
        self.add("Experiments", run.end, lines)
        self.again = (run, other)

    again: tuple[Run, Run] | None = None

    # -- questions on runs -------------------------------------------------------------------------------------------

    def within(self, low: date, high: date) -> list[Run] | None:
        """Runs of an interval, or None where a run or an odd record lies across its border."""
        found = []
        for run in self.runs:
            inside = {low <= day <= high for day in (run.start, run.end, run.pasted)}
            if len(inside) == 2:
                return None
            if True in inside:
                found.append(run)
        return found

    def ask_intervals(self) -> None:
        """Runs of days and weeks, counts, and times with none."""
        rng = self.rng
        last = self.days[-1]
        intervals: list[tuple[date, date, str]] = [(last, last, "yesterday")]
        monday = last - timedelta(days=6)
        intervals.append((monday, last, "last week"))
        intervals.append((monday - timedelta(days=7), monday - timedelta(days=1), "the week before last"))
        for month in sorted({(day.year, day.month) for day in self.days}):
            mine = [day for day in self.days if (day.year, day.month) == month]
            intervals.append((mine[0], mine[-1], f"in {MONTHS[month[1] - 1]}"))
        for day in rng.sample(self.days[:-1], 14):
            intervals.append((day, day, f"on {spoken(day, rng)}"))
        for day in rng.sample(self.days[:-6], 14):
            end = day + timedelta(days=rng.randint(1, 4))
            intervals.append((day, end, f"between {spoken(day, rng)} and {spoken(end, rng)}"))
        mondays = [day for day in self.days[:-7] if day.weekday() == 0]
        for day in rng.sample(mondays, min(5, len(mondays))):
            intervals.append((day, day + timedelta(days=6), f"in the week of {spoken(day, rng)}"))
        listing = [
            "what did i run {t}?",
            "which experiments did we run {t}",
            "{t}: what was on the gpu",
            "Could you list the trainings from {t}?",
            "need the list of runs {t} for my report",
        ]
        counting = ["how many runs did i start {t}?", "number of trainings launched {t}", "how many jobs {t}"]
        listed = counted = 0
        for low, high, words in intervals:
            runs = self.within(low, high)
            if not runs or any(run.odd == "repeat" for run in runs):
                continue
            check = {"type": "interval", "low": low, "high": high, "runs": len(runs)}
            groups = [run.places() for run in runs]
            kinds = {"wrap": False, "check": check}
            if len(runs) <= 4 and listed < 10:
                text = rng.choice(listing).replace(
                    "from {t}", words.removeprefix("on ") if "from on" in words else "{t}"
                )
                places = list(dict.fromkeys(place for group in groups for place in group))
                self.ask(
                    "runs_interval", text.format(t=words), [r.forms() for r in runs], groups, allowed=places, **kinds
                )
                listed += 1
            elif counted < 4 and len(runs) > 2:
                count = count_forms(len(runs))
                places = list(dict.fromkeys(place for group in groups for place in group))
                sections = [[place for place in places]]
                self.ask(
                    "count", rng.choice(counting).format(t=words), [], sections, lead=[count], allowed=places, **kinds
                )
                counted += 1
        low, high = self.quiet
        empty = [day for day in self.days[3:] if self.within(day, day) == []]
        days = [(low, high), *((d, d) for d in rng.sample(empty, 2))]
        for a, b in days:
            words = f"on {spoken(a, rng)}" if a == b else f"between {spoken(a, rng)} and {spoken(b, rng)}"
            text = rng.choice(["did i run anything {t}?", "any experiments {t}", "what ran on the server {t}?"])
            check = {"type": "interval", "low": a, "high": b, "runs": 0}
            allowed = [self.down_place] if self.down[0] <= a <= self.down[1] else []
            self.ask("runs_none", text.format(t=words), answered=False, allowed=allowed, wrap=False, check=check)
        low, high = self.down
        check = {"type": "interval", "low": low, "high": high, "runs": 0}
        words = f"between {spoken(low, rng)} and {spoken(high, rng)}"
        self.ask("runs_none", f"why are there no jobs {words}?", [["cooling"]], [[self.down_place]], check=check)

    def ask_metrics(self) -> None:
        """Best, worst, first, last, counts."""
        rng = self.rng
        metrics = {
            "last-session accuracy": ("accuracy", -1),
            "harmonic mean in the last session": ("harmonic", -1),
            "unseen acc in the last session": ("unseen", -1),
            "base session accuracy": ("accuracy", 0),
        }
        sound = [r for r in self.runs if r.accuracy and r.odd not in ("failed", "late", "two", "repeat")]
        best = max(sound, key=lambda r: r.accuracy[-1])
        mine = [r for r in self.runs if r.odd in ("two", "repeat")]
        if all(r.accuracy[-1] < best.accuracy[-1] for r in mine) and (not self.again or self.top_again(best)):
            text = "what's the best last-session accuracy of all runs that are still valid (no retracted ones)"
            figure = number(best.accuracy[-1])
            check = {"type": "best", "phrase": "", "metric": "accuracy", "at": -1, "sign": 1, "gold": figure}
            places = [r.result for r in self.runs if r.odd in ("failed", "late")] + [self.late[2], best.server]
            self.ask(
                "best_valid", text, [best.forms()[:7]], [[best.result]], lead=[[figure]], allowed=places, check=check
            )
        wordings = [
            "which value of {o} gave the {b} {m} for {c}?",
            "{c}: {b} {m} over all {o} values, and which value is it",
            "{b} {m} with {c}, which {o} was that?",
        ]
        pairs = [(c, m) for c in self.clean for m in metrics]
        rng.shuffle(pairs)
        for campaign, metric in pairs[:8]:
            name, at = metrics[metric]
            runs = [r for r in self.runs if r.phrase == campaign[0]]
            sign = rng.choice([1, 1, -1])
            run = max(runs, key=lambda r: sign * getattr(r, name)[at])
            figure = number(getattr(run, name)[at])
            words = {"o": run.option, "b": "best" if sign > 0 else "worst", "m": metric, "c": run.ask}
            check = {"type": "best", "phrase": run.phrase, "metric": name, "at": at, "sign": sign, "gold": figure}
            forms = [f for f in run.forms()[:7]] + [run.bare + " " if "." in run.bare else f" {run.bare} "]
            others = list(dict.fromkeys(place for r in runs for place in r.places()))
            text = rng.choice(wordings).format(**words)
            self.ask("best", text, [[figure], forms], [[run.result]], allowed=others, check=check)
        for campaign in rng.sample(self.clean, 4):
            runs = sorted((r for r in self.runs if r.phrase == campaign[0]), key=lambda r: r.start)
            others = list(dict.fromkeys(place for r in runs for place in r.places()))
            first = ("when did I start the first run with {c}?", runs[0], runs[1])
            latest = ("{c} - launch date of the most recent run?", runs[-1], runs[-2])
            for text, run, other in rng.sample([first, latest], 2):
                if run.start == other.start or (campaign[0] in self.firsts):
                    continue
                self.firsts.add(campaign[0])
                check = {"type": "day", "phrase": run.phrase, "last": run is runs[-1], "gold": run.start}
                text = text.format(c=run.ask)
                forms = [day_forms(run.start)]
                self.ask("first_last", text, [], [run.places()], lead=forms, allowed=others, check=check)
        for campaign in rng.sample(self.clean, 3):
            runs = [r for r in self.runs if r.phrase == campaign[0]]
            text = one_of(
                rng,
                "which {o} values did we try with {c}?",
                "{c}: what {o} settings exist in my logs so far",
                o=campaign[4],
                c=campaign[1],
            )
            forms = [[*r.forms(), *(f" {r.bare}{mark}" for mark in (",", ".", " ", ";", ")"))] for r in runs]
            others = list(dict.fromkeys(place for r in runs for place in r.places()))
            self.ask("runs_of", text, forms, [r.places() for r in runs], allowed=others)
        for campaign in rng.sample(self.clean, 3):
            runs = [r for r in self.runs if r.phrase == campaign[0]]
            others = list(dict.fromkeys(place for r in runs for place in r.places()))
            text = rng.choice(["how many runs with {c} are in the log?", "{c}: how many runs in total so far"])
            check = {"type": "count", "phrase": campaign[0], "gold": len(runs)}
            text = text.format(c=campaign[1])
            self.ask("count", text, [], [others], lead=[count_forms(len(runs))], allowed=others, check=check)

    firsts: set[str]

    def top_again(self, best: Run) -> bool:
        """Whether the repeated run lies below the best."""
        return self.again is not None and self.again[1].accuracy[-1] < best.accuracy[-1]

    def ask_pairs(self) -> None:
        """Comparisons, effects of an option, figures and options of a run, runs that never were."""
        rng = self.rng
        clean = [r for r in self.runs if r.phrase in {c[0] for c in self.clean}]
        for _ in range(6):
            a, b = rng.sample(clean, 2)
            if a.phrase == b.phrase:
                continue
            text = one_of(
                rng,
                "which is better in the last session acc, {a} or {b}?",
                "compare {a} against {b}, accuracy after the last session",
                "{a} vs {b} - who wins on overall acc in the last session",
                a=a.asked,
                b=b.asked,
            )
            figures = [[number(a.accuracy[-1])], [number(b.accuracy[-1])]]
            places = a.places() + b.places()
            self.ask("compare", text, figures, [[a.result], [b.result]], allowed=places)
        for campaign in rng.sample(self.clean, 6):
            a, b = rng.sample([r for r in clean if r.phrase == campaign[0]], 2)
            if not campaign[5][0].startswith('"') and float(a.bare) > float(b.bare):
                a, b = b, a
            text = one_of(
                rng,
                "what does {o} do to the last-session accuracy for {c}, {x} -> {y}? in numbers",
                "effect of {o} {y} instead of {x} with {c} on last session acc (both figures)",
                "for {c}, did changing {o} from {x} to {y} help the accuracy of the last session, give me both values",
                o=a.option,
                c=a.ask,
                x=a.bare,
                y=b.bare,
            )
            figures = [[number(a.accuracy[-1])], [number(b.accuracy[-1])]]
            places = [p for r in clean if r.phrase == campaign[0] for p in r.places()]
            self.ask("effect", text, figures, [[a.result], [b.result]], allowed=places)
        for run in rng.sample(clean, 6):
            figures = {
                "overall accuracy in the last session": run.accuracy,
                "unseen acc in the final session": run.unseen,
            }
            figures |= {"harmonic mean after the last session": run.harmonic}
            name, values = rng.choice(list(figures.items()))
            text = one_of(rng, "{n} of {r}?", "what {n} did {r} reach", "i need the {n} for {r}", n=name, r=run.asked)
            self.ask("run_figure", text, [], [[run.result]], lead=[[number(values[-1])]], allowed=run.places())
        if self.again:
            run, other = self.again
            text = f"i repeated {run.asked} with another seed, what last-session accuracy did the repeat get?"
            self.ask("run_figure", text, [[number(other.accuracy[-1])]], [[run.result]], allowed=run.places())
        for run in rng.sample(clean, 6):
            name = rng.choice([n for n in ("epochs_base", "batch_size_base", "noise_prob", "gpu") if n != run.option])
            value = run.config[name]
            words = name.replace("_base", "").replace("_", " ")
            text = one_of(
                rng,
                "what {n} did {r} use?",
                "{r}: value of {n} in the command",
                "with which {n} was {r} launched",
                n=rng.choice([name, words]),
                r=run.asked,
            )
            forms = [f"{name} {value}", f"`{name}` {value}", f"{name}={value}", f"{name} = {value}", f"{name}: {value}"]
            forms += [f" {value} ", f" {value}.", f"`{value}`", f"**{value}", f" {value},", f"{value} epochs"]
            forms += [f"`{name}` is {value}", f"`{name}`: {value}", f"`{name}` = {value}"]
            check = {"type": "option", "text": run.text, "option": f"  -{name} {value}"}
            self.ask("run_option", text, [forms], [[run.server]], allowed=run.places(), check=check)
        for run in rng.sample(clean, 2):
            wanted = [[f"-{name} {value}" for value in (run.config[name],)] for name in ("project", run.option)]
            text = one_of(
                rng,
                "give me the full command of {r}",
                "how exactly was {r} called, whole command line pls",
                r=run.asked,
            )
            self.ask("run_command", text, wanted, [[run.server]], allowed=run.places())
        for campaign in rng.sample(self.clean, 4):
            value = campaign[6].strip('"')
            text = one_of(
                rng,
                "last-session acc of {c} with {o} {v}?",
                "what did {c} reach with {o} {v}",
                c=campaign[1],
                o=campaign[4],
                v=value,
            )
            check = {"type": "absent", "words": [f"`{campaign[4]}` {value}", f"-{campaign[4]} {value}"]}
            self.ask("refuse_run", text, answered=False, check=check)

    def ask_odd(self) -> None:
        """Verdicts, disagreements, dead runs, the running one."""
        rng = self.rng
        for run in self.runs:
            if run.odd == "failed":
                text = one_of(
                    rng,
                    "can i put the result of {r} in the paper?",
                    "is the figure from {r} trustworthy",
                    "{r}: does this result still count?",
                    r=run.asked,
                )
                lead = [NO + run.why[1]]
                self.ask("verdict", text, [run.why[1]], [[run.result]], lead=lead, allowed=run.places())
            elif run.odd == "late":
                _, day, place = self.late
                text = one_of(
                    rng, "is the result of {r} ok to cite?", "can I trust {r} or was there sth wrong", r=run.asked
                )
                lead = [NO + run.why[1]]
                self.ask("verdict", text, [run.why[1]], [[place]], lead=lead, allowed=run.places())
                if day - run.end > timedelta(days=2):
                    eve = day - timedelta(days=1)
                    text = f"what accuracy did {run.asked} have in the last session?"
                    figure = [[number(run.accuracy[-1])]]
                    never = [form for form in run.why[1]]
                    kinds = {"never": never, "allowed": run.places(), "as_of": eve.isoformat()}
                    self.ask("as_of", text, figure, [[run.result]], **kinds)
            elif run.odd == "mismatch":
                text = one_of(
                    rng,
                    "how many base epochs did {r} have? description and command do not agree i think",
                    "{r}: epochs in the words vs epochs in the command?",
                    r=run.asked,
                )
                must = [[run.said], [run.config["epochs_base"]]]
                if run.said != run.config["epochs_base"]:
                    self.ask("mismatch", text, must, [[run.server]], allowed=run.places())
            elif run.odd == "moved":
                text = f"on which day did the result of {run.asked} come in? it was pasted somewhere else i think"
                self.ask("moved", text, [day_forms(run.end)], [[run.result]], allowed=run.places())
            elif run.odd == "slip":
                text = f"last-session accuracy of {run.asked}? i think the description in the results was pasted wrong"
                figure = [[number(run.accuracy[-1])]]
                self.ask("mismatch", text, figure, [[run.result]], allowed=run.places())
            elif run.state in ("nan", "stopped"):
                text = one_of(rng, "what came out of {r}?", "how did {r} end", "any result for {r}?", r=run.asked)
                must = [["nan"] if run.state == "nan" else ["stopped"]]
                self.ask("dead_run", text, must, [run.places()], allowed=run.places())
            elif run.state == "running":
                self.ask("status", "what is still running on the gpu?", [run.forms()], [[run.server]])
                lead = [["running", "ongoing", "no,", "no.", "not ", "[-]", "no "]]
                self.ask("status", f"is {run.asked} finished?", [], [[run.server]], lead=lead)

    # -- tasks -------------------------------------------------------------------------------------------------------

    def tasks(self) -> None:
        """To-do notes: tasks that are made, come again, get done."""
        rng = self.rng
        rows = []
        for category, text in rng.sample(TASKS, 20):
            away = self.days.index(self.quiet[0])
            day = rng.choice([d for d in range(1, len(self.days) - 12) if not away - 10 < d < away + 7])
            made = self.days[day]
            end = rng.choice(["x", "x", "x", " ", "-", ">", "~"])
            steps = [(made, "-" if end == "x" and rng.random() < 0.3 else end)]
            if end == "x" or rng.random() < 0.5:
                later = self.days[day + rng.randint(2, 9)]
                if end == "x" and rng.random() < 0.6:
                    steps = [(made, " "), (later, "x")]
                elif end != "x":
                    steps = [(made, " "), (later, end)]
                else:
                    steps = [(made, "x")]
            rows.append((category, text, steps))
        placed: dict[str, list[str]] = {}
        for category, text, steps in rows:
            for day, state in steps:
                line = f"- [ ] ~~{text}~~" if state == "~" else f"- [{state}] {text}"
                name = MONTHS[day.month - 1]
                lines = [line]
                if state == "-" and rng.random() < 0.5:
                    lines.append("  > Detail : half of it is there")
                placed.setdefault(text, []).append(self.add(name, day, lines, category))
        for run in self.runs:
            if run.state == "ok" and rng.random() < 0.5:
                lines = [f"- [x] Run {run.text}", f"  > Result : {self.link(run.result)}"]
                lines.append(f"  > Server : {self.link(run.server)}")
                self.add(MONTHS[run.start.month - 1], run.start, lines, "Experiments")
        done = [row for row in rows if row[2][-1][1] == "x"]
        unfinished = [row for row in rows if row[2][-1][1] in " -"]
        never = [row for row in rows if row[2][-1][1] == "~"]
        for _, text, steps in rng.sample(done, min(3, len(done))):
            places = placed[text]
            plain = text[0].lower() + text[1:]
            words = rng.choice(
                ["is this done: {t}?", "did i finish '{t}' already", "todo check - {t} - done or still open?"]
            )
            lead = [["yes", "done", "finished", "[x]", "ticked", "complete"]]
            kinds = {"wrap": False, "check": {"type": "task", "tasks": [text], "states": "x", "day": steps[-1][0]}}
            self.ask("tasks", words.format(t=plain), [], [[places[-1]]], lead=lead, allowed=places, **kinds)
            if len(steps) > 1:
                words = f"when did I tick off '{plain}'?"
                self.ask("tasks", words, [day_forms(steps[-1][0])], [[places[-1]]], allowed=places, **kinds)
        for _, text, _ in rng.sample(unfinished, min(2, len(unfinished))):
            plain = text[0].lower() + text[1:]
            words = rng.choice(["is this done: {t}?", "have I finished '{t}' yet?"])
            lead = [["no,", "no.", "no ", "not ", "open", "ongoing", "[ ]", "[-]", "n't", "unfinished", "in progress"]]
            where = placed[text]
            kinds = {"wrap": False, "check": {"type": "task", "tasks": [text], "states": " -"}}
            self.ask("tasks", words.format(t=plain), [], [[where[-1]]], lead=lead, allowed=where, **kinds)
        for category in rng.sample(["Paper", "Code", "Study", "Lab", "Idea", "Others"], 6):
            mine = [row for row in unfinished if row[0] == category]
            if 1 <= len(mine) <= 4:
                places = [place for row in rows if row[0] == category for place in placed[row[1]]]
                words = rng.choice(
                    [
                        "which {c} todos are still open?",
                        "open tasks under {c} pls",
                        "what is left on the todo list under {c}?",
                    ]
                )
                must = [[row[1], row[1].replace("`", "")] for row in mine]
                groups = [[placed[row[1]][-1]] for row in mine]
                check = {"type": "task", "tasks": [row[1] for row in mine], "states": " -", "category": category}
                self.ask("tasks", words.format(c=category), must, groups, allowed=places, wrap=False, check=check)
        for _, text, _ in never[:1]:
            plain = text[0].lower() + text[1:]
            must = [["~~", "struck", "cancel", "dropped", "crossed", "not "]]
            self.ask("tasks", f"what happened to the task '{plain}'?", must, [[placed[text][-1]]], allowed=placed[text])

    # -- the rest ----------------------------------------------------------------------------------------------------

    def fill_up(self) -> None:
        """Chatter, paper notes and code notes, up to the wanted number of notes."""
        rng = self.rng
        low, high = self.quiet
        words = ["bird", "cat", "dog", "wow", "zero", "seven", "left", "learn", "follow", "backward"]
        lines = [line.replace("{w}", word) for word in words for line in rng.sample(SMALL, 4)]
        lines = rng.sample([*CHATTER, *dict.fromkeys(lines)], len(CHATTER) + len(lines))
        for day in self.days:
            if rng.random() < 0.55 and not low <= day <= high and lines:
                self.add("Scratch", day, [f"- {lines.pop()}" for _ in range(rng.choice([1, 1, 2, 3])) if lines])
        self.add("Scratch", low, [f"- Away until {spoken(high, rng)}, family."])
        self.add(
            "code_train", self.days[3], ["- `train.py` calls base and incremental part one after the other."], "Code"
        )
        self.notes["code_train"].days[self.days[3]]["Code"] += ["```python", "def main():", "    train()```"]
        papers = rng.sample(PAPERS, len(PAPERS))
        while len(self.notes) < self.wanted and papers:
            title, text = papers.pop()
            note = self.note(title)
            note.intro = [f"- {text}", "", "> [!question]", "> How would this look with our words?", ""]
            if rng.random() < 0.6:
                self.add(title, rng.choice(self.days), ["- Read it again. Still nice.", "- ![[figure2.png]]"])

    def build(self) -> None:
        """Everything in order."""
        self.near = []
        self.firsts = set()
        self.plan_runs()
        self.write_runs()
        self.stories(22)
        self.tasks()
        self.ask_intervals()
        self.ask_metrics()
        self.ask_pairs()
        self.ask_odd()
        self.fill_up()
        for text, absent, stated in self.rng.sample(self.near, 14):
            self.ask("refuse_near", text, answered=False, check={"type": "near", "words": absent, "lines": stated})
        for text, absent in self.rng.sample(ABSENT, 11):
            self.ask("refuse_absent", text, answered=False, check={"type": "absent", "words": absent})
        self.trim()

    def trim(self) -> None:
        """As many questions of a kind as wanted, numbered anew."""
        caps = {name: int(n) for name, n in (part.split("=") for part in CAPS.split())}
        kept: list[Question] = []
        for kind in dict.fromkeys(question.kind for question in self.questions):
            mine = [question for question in self.questions if question.kind == kind]
            kept += self.rng.sample(mine, min(len(mine), caps[kind]))
        self.rng.shuffle(kept)
        checks = self.checks
        self.checks = {}
        for n, question in enumerate(kept, 1):
            check = checks.get(question.id)
            question.id = f"ledger-{self.seed}-{n:03}"
            if check:
                self.checks[question.id] = check
        self.questions = kept

    def write(self, out: Path) -> None:
        """The vault's files."""
        out.mkdir(parents=True, exist_ok=True)
        for note in self.notes.values():
            (out / f"{note.name}.md").write_text(self.render(note), "utf-8")


def fill(text: str, slots: dict[str, str]) -> str:
    """A line with its slots filled; {d} stays for the day."""
    for name, value in slots.items():
        text = text.replace("{" + name + "}", value)
    return text


# -- an independent look at the written notes ------------------------------------------------------------------------


def flat(text: str) -> str:
    """Small letters, single blanks."""
    return re.sub(r"\s+", " ", text).lower()


def section(vault: Path, place: str) -> str:
    """Heading and text of a place, down to the next heading of its level."""
    name, _, wanted = place.partition("#")
    level, kept = 0, []
    for line in (vault / f"{name}.md").read_text("utf-8").splitlines():
        found = re.match(r"(#+) (.*)", line)
        if found and level and len(found[1]) <= level:
            break
        if found and not level and found[2].strip() == wanted:
            level = len(found[1])
        if level:
            kept.append(line)
    return "\n".join(kept)


def dated(vault: Path, name: str) -> Iterator[tuple[date, str]]:
    """Lines of a note with their day."""
    day = None
    for line in (vault / f"{name}.md").read_text("utf-8").splitlines():
        found = re.match(r"## (\d{4})\D?(\d\d)\D?(\d\d)\s*$", line)
        if found:
            day = date(int(found[1]), int(found[2]), int(found[3]))
        elif day:
            yield day, line


def launches(vault: Path) -> list[tuple[date, str]]:
    """Day and description of all commands in Server."""
    found: list[tuple[date, str]] = []
    text = ""
    for day, line in dated(vault, "Server"):
        if line.startswith("- ["):
            text = line[6:]
        elif line.startswith("python train.py"):
            found.append((day, text))
    return found


def results(vault: Path) -> list[tuple[str, dict[str, list[float]]]]:
    """Description and arrays of all records in Experiments that are not marked as invalid, by here or by Scratch."""
    found: list[tuple[str, dict[str, list[float]]]] = []
    bad = flat((vault / "Scratch.md").read_text("utf-8"))
    text, label, failed = "", "accuracy", False
    labels = {"Seen acc:": "seen", "Unseen acc:": "unseen", "Harmonic mean:": "harmonic"}
    for _, line in dated(vault, "Experiments"):
        head = re.match(r"(?:```txt |> )([A-Z].*, `\w+` [^ ]+?)\.?$", line)
        if "not valid" in line:
            failed = True
        if head:
            failed = failed and line.startswith("```")
            text, label = head[1], "accuracy"
        elif line in labels:
            label = labels[line]
        elif line.startswith(("> Same setting", "> Final result")):
            label = "accuracy"
        elif line.startswith("["):
            values = [float(v) for v in line.strip("[]").split(",")]
            if label == "accuracy":
                if not failed and f"the result of {text.lower()} " not in bad:
                    found.append((text, {"accuracy": values}))
                else:
                    found.append(("", {"accuracy": [0.0]}))
            else:
                found[-1][1][label] = values
            if label == "harmonic":
                failed = False
    return [item for item in found if item[0]]


def tasks_hold(check: dict[str, Any], vault: Path) -> bool:
    """Whether the newest lines of tasks have the state; with a category, whether no other of it has."""
    newest: dict[str, tuple[date, str, str]] = {}
    for name in (name for name in MONTHS if (vault / f"{name}.md").exists()):
        category = ""
        for day, line in dated(vault, name):
            if line.startswith("### "):
                category = line[4:].partition("-")[0]
            found = re.match(r"- \[(.)\] (.*)", line)
            text = found[2].strip("~") if found else ""
            if found and (text not in newest or newest[text][0] <= day):
                newest[text] = (day, "~" if "~~" in line else found[1], category)
    states = [newest[text] for text in check["tasks"]]
    if "category" in check:
        mine = {t for t, (_, s, c) in newest.items() if s in " -" and c == check["category"]}
        return mine == set(check["tasks"])
    return all(s in check["states"] for _, s, _ in states) and check.get("day", states[0][0]) == states[0][0]


def counted(check: dict[str, Any], vault: Path) -> bool:
    """Whether a gold that is computed comes out of the written notes."""
    started = launches(vault)
    kind = check["type"]
    if kind == "interval":
        return sum(check["low"] <= day <= check["high"] for day, _ in started) == check["runs"]
    if kind == "task":
        return tasks_hold(check, vault)
    if kind == "option":
        _, _, rest = (vault / "Server.md").read_text("utf-8").partition(f"] {check['text']}.")
        return re.search(re.escape(check["option"]) + r" ?\\?\n", rest.partition("---")[0]) is not None
    if kind == "count":
        return sum(text.startswith(f"{check['phrase']}, ") for _, text in started) == check["gold"]
    if kind == "day":
        days = [day for day, text in started if text.startswith(f"{check['phrase']}, ")]
        return (max(days) if check["last"] else min(days)) == check["gold"]
    if kind == "best":
        metric, at, sign = check["metric"], check["at"], check["sign"]
        values = [r[metric][at] for text, r in results(vault) if text.startswith(check["phrase"]) and metric in r]
        return number(sign * max(sign * v for v in values)) == check["gold"]
    words = [str(word).lower() for word in check["words"]]
    if kind == "near":
        texts = [flat("\n".join(check["lines"]))]
    else:
        texts = [flat(path.read_text("utf-8")) for path in sorted(vault.glob("*.md"))]
    return not any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) for word in words for text in texts)


def verify(journal: Journal, vault: Path) -> list[str]:
    """What is wrong with the golds, each in a line."""
    wrong = []
    for question in journal.questions:
        places = [place for group in question.sections for place in group]
        texts = {place: section(vault, place) for place in [*places, *question.allowed]}
        wrong += [f"{question.id}: no place {place}" for place, text in texts.items() if not text]
        check = journal.checks.get(question.id)
        if check and not counted(check, vault):
            wrong.append(f"{question.id} {question.question}: {check}")
        if not question.answered and not check:
            wrong.append(f"{question.id}: refusal without a check")
        held = flat("\n".join(texts[place] for place in places))
        judged = question.kind in ("runs_none", "tasks", "count", "first_last", "run_option")
        for group in [] if judged else question.must:
            if not any(flat(form) in held for form in group):
                wrong.append(f"{question.id} {question.question}: {group} is not in {places}")
        for group in [] if judged or any(form in NO for form in question.lead[0:1] or []) else question.lead:
            if "no " not in group and not any(flat(form) in held for form in group):
                wrong.append(f"{question.id} {question.question}: {group} does not lead from {places}")
        wrong += [f"{question.id}: never {text} in gold" for text in question.never if flat(text) in held]
        if question.as_of:
            days = [re.sub(r"\D", "", place.rpartition("#")[2])[-8:] for place in places]
            wrong += [f"{question.id}: {d} after as_of" for d in days if d > question.as_of.replace("-", "")]
    return wrong


def make_journal(out: Path, seed: int, notes: int) -> list[Question]:
    """Writes the vault of a seed into a folder. Returns its questions."""
    journal = Journal(seed, notes)
    journal.build()
    journal.write(out)
    return journal.questions


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--notes", type=int, default=40)
    parser.add_argument("--verify", action="store_true")
    given = parser.parse_args()
    vault = given.out / "vault"
    for old in vault.glob("*.md"):
        old.unlink()
    journal = Journal(given.seed, given.notes)
    journal.build()
    journal.write(vault)
    rows = [json.dumps(question.to_json(), ensure_ascii=False) for question in journal.questions]
    (given.out / "questions.jsonl").write_text("\n".join(rows) + "\n", "utf-8")
    if given.verify:
        wrong = verify(journal, vault)
        print("\n".join(wrong), end="\n" if wrong else "")
        print(f"seed {given.seed}: {len(rows)} questions, {len(wrong)} wrong")


if __name__ == "__main__":
    main()
