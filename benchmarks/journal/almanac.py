"""A blind research journal: an Obsidian vault on few-shot class-incremental keyword spotting, with questions and gold
answers. The asker is a careful postdoc back from a holiday, and his advisor who asks in plain words."""

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
ONE_DAY = datetime.timedelta(days=1)
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October"]
MONTHS += ["November", "December"]
METRICS = {
    "accuracy": "overall accuracy",
    "harmonic": "harmonic mean",
    "unseen": "unseen accuracy",
    "seen": "seen accuracy",
}


@dataclass(frozen=True)
class Ask:
    """A question about a story. at: groups of entry numbers; as_of: the entry whose day is the day of looking."""

    kind: str
    words: tuple[str, ...]
    must: tuple[tuple[str, ...], ...] = ()
    at: tuple[tuple[int, ...], ...] = ()
    lead: tuple[tuple[str, ...], ...] = ()
    never: tuple[str, ...] = ()
    as_of: int | None = None


@dataclass(frozen=True)
class Story:
    """A thread of the notes. entries: (place, days after the start, text); place is T (topic note), S (Scratch) or a
    sub-heading of the topic note. near: (words, texts that must stand nowhere in the story)."""

    note: str
    entries: tuple[tuple[str, int, str], ...]
    asks: tuple[Ask, ...]
    near: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    pick: dict[str, tuple[str, ...]] = field(default_factory=dict)


# fmt: off
STORIES: tuple[Story, ...] = (
    Story(
        "silence_trim",
        (("T", 0, ("- Start trimming the silence at both ends, threshold {db} dB. The clips get shorter, so the "
                  "emebeddings should see more speech.")),
         ("T", 6, ('- Looked at the wrong ones. The trimming eats the final "f" of "{word}", it is just too '
                  "quiet.\n- So I switched the trimming off again, for all words."))),
        (Ask("why",
             ("why did I switch the silence trimming off again?",
              "We once cut away the quiet parts of the recordings. Why did you stop doing that?"),
             (('final "f"', "final 'f'", "final f", "final “f”"),), ((1,),)),
         Ask("figure_note",
             ("which threshold did I use for trimming the silence?", "silence trim threshold, how many dB?"),
             (("{db}",),), ((0,),), (("{db}",),)),
         Ask("as_of",
             ("As of {d0}, was the silence trimming on or off?", "on {d0}, did we trim the silence or not?"),
             (("start trimming", "trimming the silence", "trimming was on", "trimming is on"),), ((0,),), (),
             ("switched the",), 0)),
        ((("Which library does the silence trimming use?",
           "what python package did I use for the silence trimming?"),
          ("librosa", "torchaudio", "package", "library")),),
        {"db": ("-38", "-42", "-35"), "word": ("off", "half", "if")},
    ),
    Story(
        "speaker_split",
        (("T", 0, ("- Five-shot check with the new support list, unseen {bad} after the last session. Great, much "
                  "better then before!")),
         ("T", 8, ("> [!fail] The {bad} of [[speaker_split#{h0}]] is not valid.\n> {n} speakers were in the "
                  "support set and in the test set.\n\n- Split by the hash of the speaker id from now on.")),
         ("T", 11, "- With the clean split unseen is {good}. That is the number for the paper.")),
        (Ask("retraction",
             ("can I quote the unseen {bad} from the new support list check?",
              "Is the {bad} unseen of the new support list a sound number?"),
             (("not valid", "invalid", "{n} speakers"),), ((1,),),
             (("no,", "no.", "no:", "no -", "no –", "no —", "not valid", "invalid", "not sound", "retract",
               "fail", "wrong", "cannot"),)),
         Ask("figure_note",
             ("what unseen accuracy did the clean speaker split give?",
              "After we kept the speakers apart properly, how good was it on the new words?"), (("{good}",),),
             ((2,),), (("{good}",),)),
         Ask("why",
             ("what was wrong with the new support list?",
              "What was the trouble with the speakers in the new support list?"),
             (("{n} speakers", "support set and in the test set"),), ((1,),))),
        ((("who made the new support list?", "Which labmate gave me the new support list?"),
          ("made by", "from jin")),),
        {"bad": ("74.6", "73.8", "75.1"), "good": ("61.3", "60.7", "62.2"), "n": ("14", "19", "11")},
    ),
    Story(
        "lpc_order",
        (("T", 0, "- LPC order {a} for now. I listened to the residual, it still sounds like {vowel}."),
         ("T", 4, ("- Order {b} now. The residual is only a buzz, no vowel left, so the formant part really holds "
                  "the vowel.\n- Order 32 gives ringing, do not go there.")),
         ("S", 9, ("- For the thesis: higher LPC order = less voice in the residual. We stay with {b}, see "
                  "[[lpc_order]]."))),
        (Ask("why", ("why did I raise the LPC order?", "why not stay with LPC order {a}?"),
             (("still sounds like {vowel}", "no vowel left", "less voice in the residual"),), ((0, 1, 2),)),
         Ask("status", ("which LPC order do we use now?", "LPC order at the moment?"), (("{b}",),), ((1, 2),),
             (("{b}",),)),
         Ask("as_of", ("as of {d0}, what was the LPC order?", "Which LPC order did I have on {d0}?"), (("{a}",),),
             ((0,),), (("{a}",),), ("order {b}",), 0),
         Ask("why", ("what was the problem with LPC order 32?", "Why is order 32 a bad idea for the LPC?"),
             (("ringing",),), ((1,),))),
        ((("how long does the LPC analysis take per clip?", "What is the run time of the LPC step per utterance?"),
          ("millisecond", " ms", "seconds")),),
        {"a": ("12", "10"), "b": ("16", "18", "20"), "vowel": ('an "a"', 'an "o"')},
    ),
    Story(
        "lab_microphone",
        (("T", 0, "- First recordings with the lab microphone. There is a click every {n} seconds."),
         ("T", 3, "- Changed the cable, still clicks. Changed the sample rate, still clicks."),
         ("T", 5, ("> [!success] No clicks any more.\n> It was the {cause}, the buffer ran dry.\n\n- Recorded {c} "
                  "clips of myself to test."))),
        (Ask("debug",
             ("what caused the clicks in the lab recordings?",
              "There was this clicking noise in our own recordings. What was it in the end?"), (("{cause}",),),
             ((2,),)),
         Ask("how",
             ("what did I try against the clicks that did not help?",
              "Which attempts against the clicking made no difference?"), (("cable",), ("sample rate",)), ((1,),)),
         Ask("figure_note",
             ("how many clips of myself did I record with the lab microphone?",
              "number of my own test clips, lab microphone?"), (("{c}",),), ((2,),), (("{c}",),))),
        ((("what brand is the lab microphone?", "Which model of microphone do we have in the lab?"),
          ("brand", "rode", "shure")),),
        {"n": ("20", "12", "30"), "cause": ("USB hub", "docking station", "power saving of the USB port"),
         "c": ("60", "48", "75")},
    ),
    Story(
        "label_swap",
        (("T", 0, ('- In the confusion matrix of the third session "{x}" and "{y}" are almost completly '
                  "exchanged. A model would not do this by itself.")),
         ("T", 1, '- The labels of "{x}" and "{y}" are swapped in `{file}`, lines moved when I sorted it by hand.'),
         ("S", 3, "- Sorted lists are made by a script from now on, never by hand again ([[label_swap]]).")),
        (Ask("debug",
             ("which two labels were swapped, and in which file?",
              "Two words had exchanged their names at some point. Which ones and where?"),
             (("{x}",), ("{y}",), ("{file}",)), ((1,),)),
         Ask("how", ("how did I notice the swapped labels?", "What gave the swapped labels away?"),
             (("confusion matrix",),), ((0,),)),
         Ask("why", ("why were the labels swapped?", "how could those two labels get exchanged in the first place?"),
             (("by hand",),), ((1, 2),))),
        ((("how much accuracy did the swapped labels cost?", "What did the label mix-up cost us in percent?"),
          ("percent", "cost us", "points")),),
        {"x": ("tree", "four"), "y": ("three", "forward"), "file": ("novel_words.txt", "session3.csv")},
    ),
    Story(
        "server_disk",
        (("T", 0, "- The job died in the night: no space left on device. `{dir}` is {g} GB."),
         ("T", 0, ("- A checkpoint was written every epoch and nothing deleted them. Keep only the last {k} from "
                  "now on.")), ("T", 12, "- Disk is at {p} %, no problem anymore.")),
        (Ask("debug",
             ("why did the job die in the night with the full disk?", "What filled up the disk of the server?",
              "disk full on server, what was the reason"), (("checkpoint",),), ((0, 1),)),
         Ask("how", ("how many checkpoints do I keep now?", "How many of the saved models stay on the server?"),
             (("last {k}", "{k}"),), ((1,),), (("{k}",),)),
         Ask("status", ("how full is the server disk by now?", "Is the disk of the server still a problem?"),
             (("{p} %", "{p}%", "no problem"),), ((2,),))),
        ((("who has to be asked for more disk space on the server?",
           "Which admin is in charge of the server disk?"), ("admin", "in charge", "ask for more")),),
        {"dir": ("runs/comp", "save_models"), "g": ("412", "388", "640"), "k": ("3", "5"), "p": ("41", "37", "46")},
    ),
    Story(
        "keyword_mixup",
        (("T", 0, ("- Idea: glue the first half of one keyword to the second half of another one and train it as "
                  "a virtual class.\n- The model should leave room for words it does not know yet.")),
         ("T", 7, "- The virtual classes sound like {like}. Base accuracy drops by {d}, new words gain nothing."),
         ("T", 9, "- Parked. I come back to this only when {cond}.")),
        (Ask("idea",
             ("what was the idea behind the virtual classes?",
              "What was the thinking behind gluing halves of words together?"),
             (("leave room", "first half of one keyword", "does not know yet"),), ((0,),)),
         Ask("status",
             ("what is the status of the virtual classes from glued keywords?",
              "Are you still working on these half-and-half words?"), (("parked",),), ((2,),)),
         Ask("next",
             ("under which condition do I take up the glued keywords again?",
              "When will you return to the glued halves of words?"), (("{cond}",),), ((2,),)),
         Ask("effect",
             ("what did the virtual classes do to base accuracy?",
              "How much did the glued words cost on the base words?"), (("{d}",),), ((1,),))),
        ((("how many virtual classes did I make from the glued keywords?",
           "number of virtual classes, glued keywords?"), ("classes made", "virtual classes in all")),),
        {"like": ("a broken radio", "a skipping record"), "d": ("2.4", "1.9", "3.1"),
         "cond": ("the phone aligner works", "there is a second dataset", "the ablations are done")},
    ),
    Story(
        "ctc_alignment",
        (("T", 0, ("- People say the same word at different speed. Maybe a CTC-like alignment between the two "
                  "matrices, then compare along the path.")),
         ("T", 5, ("- {prof} thinks this is speech recognition through the back door. True, but we only need the "
                  "path, not the text.")),
         ("T", 13, '- Next step: a small test of the alignment on "{x}" and "{y}" only, {n} clips each.')),
        (Ask("idea",
             ("what was the motivation for the CTC alignment?",
              "Why did you want to line the two matrices up at all?"), (("different speed",),), ((0,),)),
         Ask("next",
             ("what is the next step for the CTC alignment?", "ctc alignment - what did I want to do next?",
              "What is planned next for lining up the words in time?"), (('"{x}" and "{y}"', "{x}"), ("{y}",)),
             ((2,),)),
         Ask("why", ("what did {prof} object to the CTC alignment?", "What was {prof}'s opinion of the alignment?"),
             (("speech recognition",),), ((1,),))),
        ((("what accuracy did the CTC alignment reach?", "How well did the alignment test turn out?"),
          ("accuracy", "turned out", "reached")),),
        {"prof": ("Prof. Lindqvist", "Prof. Okafor", "Prof. Marek"), "x": ("four", "stop"), "y": ("forward", "up"),
         "n": ("40", "50")},
    ),
    Story(
        "arabic_words",
        (("T", 0, ("- A second dataset would make the paper stronger. The Arabic commands have {n} words, 16 kHz, "
                  "so the front end can stay.")),
         ("T", 6, ("- Speakers are few there: only {s}. The protocol with {k} new words a session leaves too few "
                  "test clips.")), ("T", 8, "- Decision: {way} new words a session for Arabic, not {k}.")),
        (Ask("why",
             ("why do we use fewer new words a session for Arabic?",
              "What made us change the protocol for the Arabic data?"),
             (("too few test", "speakers are few", "only {s}"),), ((1,),)),
         Ask("figure_note", ("how many words do the Arabic commands have?", "size of the arabic set, in words?"),
             (("{n}",),), ((0,),), (("{n}",),)),
         Ask("status",
             ("how many new words a session did we decide on for Arabic?",
              "Arabic protocol: what is the decision about the new words per session?"), (("{way}",),), ((2,),),
             (("{way}",),)),
         Ask("idea", ("why did I want the Arabic data in the first place?", "What is the Arabic data good for?"),
             (("second dataset", "paper stronger"),), ((0,),))),
        ((("what licence does the Arabic dataset have?", "Under which licence may we use the Arabic words?"),
          ("licence", "license", "cc by")),),
        {"n": ("40", "36"), "s": ("30", "28"), "k": ("5", "6"), "way": ("3", "2")},
    ),
    Story(
        "temperature_anneal",
        (("T", 0, ("- Idea: let the temperature fall during training, from {a} to {b}. Easy words first, hard "
                  "borders later.")), ("T", 6, "- Annealed temperature: last session {r}. The fixed one had {f}."),
         ("T", 7, "- Not worth the extra option. I take the annealing out of the code.")),
        (Ask("effect",
             ("did annealing the temperature help the last session?",
              "Did it pay to let the temperature fall during training?"), (("{r}",), ("{f}",)), ((1,),),
             (("no,", "no.", "no:", "no -", "no –", "no —", "not worth", "lower", "worse", "{r}"),)),
         Ask("idea",
             ("what was the idea of the falling temperature?",
              "Explain me again why I let the temperature fall in training"),
             (("easy words first", "hard borders"),), ((0,),)),
         Ask("status",
             ("is the temperature annealing still in the code?", "what became of the annealed temperature?"),
             (("out of the code", "not worth"),), ((2,),))),
        ((("how many epochs does the temperature take to fall?",
           "Over how many epochs was the temperature annealed?"), ("epochs",)),),
        {"a": ("32", "40"), "b": ("8", "6"), "r": ("55.9", "56.3"), "f": ("56.7", "57.1")},
    ),
    Story(
        "replay_memory",
        (("T", 0, ("- {k} stored examples a word would be enough against forgetting. As int8 that is {kb} kB for "
                  "all words.")), ("S", 4, "- {prof} does not want stored voices on the device because of privacy."),
         ("T", 5, ("- Store mean and variance of the embeddings instead of clips, and draw from them. No voice "
                  "can be heard back."))),
        (Ask("why",
             ("why do we not store clips for the replay?",
              "What speaks against keeping the recordings on the device?"), (("privacy",),), ((1,),)),
         Ask("how",
             ("what do we store instead of clips against forgetting?",
              "So if not the voices, what do we keep from the old words?"), (("mean and variance",),), ((2,),)),
         Ask("figure_note",
             ("how many kB would the int8 replay memory need?", "memory of the stored examples in kB?"),
             (("{kb}",),), ((0,),), (("{kb}",),))),
        ((("what harmonic mean did the replay with mean and variance give?",
           "How good is the replay from means and variances in numbers?"), ("harmonic", "last session")),),
        {"k": ("5", "8"), "kb": ("160", "210", "184"), "prof": ("Prof. Lindqvist", "Prof. Okafor", "Prof. Marek")},
    ),
    Story(
        "tsne_plots",
        (("T", 0, ("- t-SNE of the embeddings, perplexity {p}. Looks like the new words sit far away from the old "
                  "ones. Nice figure.")),
         ("T", 4, ("> [!warning] Do not use the t-SNE picture as evidence.\n> With perplexity {q} the gap is "
                  "gone. Distances between clusters mean nothing there.")),
         ("T", 5, "- A table of pairwise cosine distances goes into the paper in place of the picture.")),
        (Ask("retraction",
             ("does the t-SNE picture prove that new words sit far from old ones?",
              "Can we trust the nice picture with the far away new words?"),
             (("gap is gone", "mean nothing", "do not use"),), ((1,),),
             (("no,", "no.", "no:", "no -", "no –", "no —", "do not use", "warning", "gap is gone",
               "mean nothing", "cannot"),)),
         Ask("how",
             ("what goes into the paper instead of the t-SNE figure?",
              "What do we show instead of the picture of the clusters?"), (("pairwise cosine", "cosine distances"),),
             ((2,),)),
         Ask("figure_note",
             ("with which perplexity did the gap disappear?",
              "At what perplexity is the gap between the words gone?"), (("{q}",),), ((1,),), (("{q}",),))),
        ((("which layer were the t-SNE embeddings taken from?",
           "From what layer come the points of the t-SNE plot?"), ("layer", "block")),),
        {"p": ("30", "25"), "q": ("5", "80")},
    ),
    Story(
        "phoneme_overlap",
        (("T", 0, ('- Counted how many phonemes each new word shares with the base words. "{w}" shares the most '
                  "({a} of {b}).")),
         ("T", 3, ("- Correlation between the overlap and the unseen accuracy is {r}. Words that share more are "
                  "harder, not easier!")),
         ("T", 4, "- Explanation could be that the shared phonemes pull the new prototype towards the old class.")),
        (Ask("figure_note",
             ("what was the correlation between phoneme overlap and unseen accuracy?",
              "phoneme overlap vs unseen acc, correlation?"), (("{r}",),), ((1,),), (("{r}",),)),
         Ask("why",
             ("why are words that share phonemes harder?",
              "What is our explanation that similar sounding words do worse?"),
             (("pull the new prototype", "towards the old class"),), ((2,),)),
         Ask("how",
             ("which new word shares the most phonemes with the base words?",
              "Which new word has the most sounds in common with the old ones?"), (("{w}",),), ((0,),))),
        ((("which dictionary gave the phonemes of the words?", "Where do the phoneme transcriptions come from?"),
          ("dictionary", "cmudict", "espeak")),),
        {"w": ("marvin", "visual", "backward"), "a": ("5", "4"), "b": ("6", "7"), "r": ("-0.41", "-0.38", "-0.46")},
    ),
    Story(
        "int8_export",
        (("T", 0, "- Exported to int8. Base accuracy falls from {a} to {b}, that is too much."),
         ("T", 3, "- Quantized the layers one by one. Only the {layer} hurts, the others cost nothing."),
         ("T", 4, "- The {layer} stays in float, rest int8: base accuracy {c}.")),
        (Ask("debug",
             ("which layer was to blame for the int8 loss?",
              "Where did the small version for the device lose its accuracy?"), (("{layer}",),), ((1, 2),)),
         Ask("figure_note",
             ("what base accuracy do we get when the {layer} stays in float?",
              "base acc of the mixed int8/float export?"), (("{c}",),), ((2,),), (("{c}",),)),
         Ask("how",
             ("how did I find the layer that int8 hurts?", "By which way was the culprit of the int8 loss found?"),
             (("one by one",),), ((1,),)),
         Ask("as_of",
             ("as of {d0}, what was the base accuracy after the int8 export?",
              "Looking at the notes up to {d0}: base accuracy in int8?"), (("{b}",),), ((0,),), (), ("{c}",), 0)),
        ((("how many kilobytes is the int8 model?", "What is the file size of the int8 export?"),
          ("kilobyte", " kb", "file size")),),
        {"a": ("95.8", "96.1"), "b": ("88.7", "87.9"), "c": ("95.2", "95.4"),
         "layer": ("first convolution", "last linear layer")},
    ),
    Story(
        "phone_latency",
        (("T", 0, "- First demo on the phone: {a} ms from the end of the word to the answer. Feels slow."),
         ("T", 2, "- Profiled. {share} % of the time is the {part}, the network itself is nothing."),
         ("T", 6, "- Compute the {part} frame by frame while the word is spoken. Now {b} ms.")),
        (Ask("figure_note", ("what is the latency on the phone now?", "How quick does the phone answer by now?"),
             (("{b}",),), ((2,),), (("{b}",),)),
         Ask("debug", ("where did the time go in the phone demo?", "What made the phone demo slow?"), (("{part}",),),
             ((1,),)),
         Ask("how", ("how did I make the phone demo faster?", "What was the trick to speed up the phone demo?"),
             (("frame by frame",),), ((2,),)),
         Ask("as_of",
             ("as of {d0}, what was the latency of the phone demo?", "How many ms did the phone need on {d0}?"),
             (("{a}",),), ((0,),), (("{a}",),), ("now {b}",), 0)),
        ((("how much battery does the phone demo drain?", "What is the power draw of the phone demo?"),
          ("battery", "milliwatt", "power")),),
        {"a": ("340", "410", "295"), "b": ("85", "70", "64"), "share": ("80", "75"),
         "part": ("LPC analysis", "mel spectrogram")},
    ),
    Story(
        "nan_residual",
        (("T", 0, ("- Loss is NaN from epoch {e} on, only with the residual branch. Lower learning rate does not "
                  "help.")),
         ("Fix", 2, ("- The logarithm of a frame with all zeros. Digital silence in {n} clips of the corpus!\n- Added "
                    "{eps} inside the log. No NaN for 100 epochs.\n```python\nlog = torch.log(energy + {eps})```"))),
        (Ask("debug",
             ("what was behind the NaN in the residual branch?",
              "The training blew up with the residual part. What was the cause?"),
             (("all zeros", "digital silence", "logarithm"),), ((1,),)),
         Ask("how", ("what did I add inside the log against the NaN?", "epsilon value in the log of the residual?"),
             (("{eps}",),), ((1,),), (("{eps}",),)),
         Ask("debug",
             ("from which epoch on was the residual loss NaN?", "At what epoch did the residual loss break?"),
             (("{e}",),), ((0,),), (("{e}",),))),
        ((("which clips had digital silence, by name?", "Which speaker recorded the clips with digital silence?"),
          (".wav", "nohash", "recorded by")),),
        {"e": ("37", "22", "41"), "n": ("9", "13"), "eps": ("1e-6", "1e-5")},
    ),
    Story(
        "babble_noise",
        (("T", 0, ("- Tested different noises at {snr} dB. Babble from the {place} is by far the worst, white "
                  "noise does little.")),
         ("T", 1, "- Makes sense: babble has formants too, so the formant branch follows the wrong speaker."),
         ("T", 10, "- Next: train with babble only in the last {n} epochs, not from the start.")),
        (Ask("why", ("why is babble noise so bad for us?", "Why do other people talking disturb the system most?"),
             (("formants too", "wrong speaker"),), ((1,),)),
         Ask("next", ("what do I want to try next with the babble noise?", "babble noise: next thing to try?"),
             (("last {n} epochs",),), ((2,),)),
         Ask("figure_note", ("at which SNR did I test the different noises?", "SNR of the noise type test?"),
             (("{snr} dB", "{snr}db", "{snr}"),), ((0,),), (("{snr}",),))),
        ((("how many hours of babble do we have?", "What is the length of the babble recording?"),
          ("hours", "minutes")),),
        {"snr": ("5", "10"), "place": ("canteen", "train station"), "n": ("20", "30")},
    ),
    Story(
        "logit_bias",
        (("T", 0, ("- New classes get logits that are {a} higher on average than the old ones. So old words are "
                  "lost to new words.")),
         ("T", 2, "- Subtract the mean logit of each class over the {set}. No training needed."),
         ("T", 4, "- Helps the seen words by {g}, costs the unseen ones {l}. Good trade.")),
        (Ask("how",
             ("how do I correct the logit bias of the new classes?",
              "What do we do so that new words do not beat the old ones all the time?"), (("mean logit",),), ((1,),)),
         Ask("effect",
             ("what did the logit correction bring and cost?",
              "What is the trade of the logit correction between old and new words?"), (("{g}",), ("{l}",)), ((2,),)),
         Ask("figure_note",
             ("how much higher were the logits of the new classes?",
              "average gap between logits of new and old classes?"), (("{a}",),), ((0,),), (("{a}",),))),
        ((("which session had the largest logit bias?", "In what session is the logit bias at its worst?"),
          ("session",)),),
        {"a": ("1.7", "2.2", "1.4"), "set": ("background clips", "noise-only clips"), "g": ("3.3", "2.8"),
         "l": ("0.9", "1.1")},
    ),
    Story(
        "teen_rebuild",
        (("T", 0, ("- Rebuilt TEEN for speech. Their paper has no audio numbers, so I compare with our own plain "
                  "prototypes.")),
         ("T", 5, ("- The shift of the prototypes does nothing with softmax temperature 1. In their code it is "
                  "{t}, not in the paper!")), ("T", 6, "- With {t} it works, unseen +{g} over plain prototypes.")),
        (Ask("debug",
             ("why did the TEEN shift do nothing at first?",
              "Why had the rebuilt method of the other group no effect in the beginning?"), (("temperature",),),
             ((1,),)),
         Ask("figure_note",
             ("how much unseen did TEEN gain over plain prototypes?", "TEEN gain over plain prototypes on unseen?"),
             (("{g}",),), ((2,),), (("{g}",),)),
         Ask("figure_note",
             ("what softmax temperature does the code of TEEN use?",
              "Which softmax temperature did I find in the TEEN code?"), (("{t}",),), ((1, 2),), (("{t}",),))),
        ((("what did the authors of TEEN reply to my mail?", "What was the answer of the TEEN authors to my mail?"),
          ("mail", "replied", "author")),),
        {"t": ("16", "20"), "g": ("2.6", "3.4", "1.8")},
    ),
    Story(
        "lr_warmup",
        (("T", 0, "- Warm-up of {n} epochs helps, +{g} in the base session. Keep it."),
         ("T", 14, ("- Repeated the warm-up test with {s} seeds. The difference is inside the noise, so the +{g} "
                   "was luck.\n- I take back what I wrote on [[lr_warmup#{h0}]]."))),
        (Ask("retraction", ("does the warm-up help the base session?", "Was it worth to start the training slowly?"),
             (("inside the noise", "luck", "take back"),), ((1,),),
             (("no,", "no.", "no:", "no -", "no –", "no —", "inside the noise", "luck", "take back", "retract"),)),
         Ask("as_of",
             ("as of {d0}, what did I think of the warm-up?", "What was my opinion of the warm-up on {d0}?"),
             (("helps", "keep it", "+{g}"),), ((0,),), (), ("luck",), 0),
         Ask("figure_note",
             ("with how many seeds did I repeat the warm-up test?", "warm-up repeat, number of seeds?"), (("{s}",),),
             ((1,),), (("{s}",),))),
        ((("what start learning rate does the warm-up have?", "From which learning rate does the warm-up begin?"),
          ("learning rate",)),),
        {"n": ("5", "10"), "g": ("0.8", "1.2", "0.9"), "s": ("4", "6")},
    ),
    Story(
        "Listening With Five Examples",
        (("T", 0, "- Five-shot keyword spotting, they claim {a} harmonic mean without any training in the sessions."),
         ("T", 2, ("> [!caution] Their test speakers are the same as the training speakers (appendix B).\n> So "
                  "{a} can not be compared with our numbers."))),
        (Ask("retraction",
             ('can I compare our harmonic mean with the {a} of "Listening With Five Examples"?',
              "May we put the {a} of the Five Examples paper next to ours?"),
             (("test speakers", "same as the training speakers", "can not be compared", "cannot be compared"),),
             ((1,),),
             (("no,", "no.", "no:", "no -", "no –", "no —", "can not", "cannot", "caution", "not be compared"),)),
         Ask("figure_note",
             ('which harmonic mean does "Listening With Five Examples" claim?',
              "Five Examples paper, claimed harmonic mean?"), (("{a}",),), ((0,),), (("{a}",),))),
        ((('which encoder does "Listening With Five Examples" use?',
           'How many parameters has the network in "Listening With Five Examples"?'), ("encoder", "parameters")),),
        {"a": ("78.4", "79.6", "77.5")},
    ),
    Story(
        "advisor_meeting",
        (("T", 0, "- {prof}: first the ablation table, then new ideas. Wants to see it at the next meeting."),
         ("T", 14, ("- {prof} liked the table. Asked for error bars over {n} seeds.\n- Target is {conf}, the "
                   "abstract by {day}."))),
        (Ask("how", ("how many seeds does {prof} want for the error bars?", "error bars: over how many seeds?"),
             (("{n} seeds", "{n}"),), ((1,),), (("{n}",),)),
         Ask("status", ("which conference are we aiming at?", "Where do we want to hand the paper in?"),
             (("{conf}",),), ((1,),)),
         Ask("how", ("when is the abstract due?", "Until which day must the abstract be ready?"), (("{day}",),),
             ((1,),)),
         Ask("as_of", ("as of {d0}, what did {prof} want first?", "What was {prof}'s wish at the meeting of {d0}?"),
             (("ablation table",),), ((0,),), (), ("error bars",), 0)),
        ((("what did {prof} say about my salary?", "When did {prof} say that my contract is extended?"),
          ("salary", "contract")),),
        {"prof": ("Prof. Lindqvist", "Prof. Okafor", "Prof. Marek"), "n": ("5", "3"),
         "conf": ("SLT", "ASRU", "ICASSP"), "day": ("the 28th", "the 15th", "the 21st")},
    ),
    Story(
        "batchnorm_mode",
        (("T", 0, "- The accuracy of session 2 depends on the batch size of the test loader. It must not!"),
         ("Fix", 1, ("- `model.train()` is called in the session loop and never undone, so batch norm uses the "
                    "statistics of the test batch.\n- Put `model.eval()` before the test. Session 2 now gives "
                    "{a} for every batch size."))),
        (Ask("debug",
             ("why did session 2 depend on the test batch size?",
              "Why did the score change with how many clips we test at once?"),
             (("model.train()", "batch norm", "statistics of the test batch"),), ((1,),)),
         Ask("how", ("what fixed the batch norm problem?", "How was the batch size dependence repaired?"),
             (("model.eval()",),), ((1,),)),
         Ask("figure_note",
             ("what accuracy has session 2 for every batch size now?",
              "session 2 accuracy after the batch norm fix?"), (("{a}",),), ((1,),), (("{a}",),))),
        ((("in which commit was the batch norm bug introduced?",
           "Since which commit was batch norm in the wrong mode?"), ("commit",)),),
        {"a": ("88.4", "87.6", "89.3")},
    ),
    Story(
        "wake_word_labels",
        (("T", 0, "- {name} labelled {n} of our recordings this week, very fast."),
         ("T", 4, "- Checked a sample of 50. {k} labels are wrong, all from the {when}."),
         ("T", 6, "- {name} labels the recordings of the {when} again.")),
        (Ask("figure_note",
             ("how many wrong labels were in the sample of 50?", "Of the 50 labels I checked, how many were wrong?"),
             (("{k}",),), ((1,),), (("{k}",),)),
         Ask("how", ("who labelled our recordings?", "Which person did the labels of our own recordings?"),
             (("{name}",),), ((0, 2),)),
         Ask("next",
             ("what happens with the wrong labels of our recordings?", "What has to be labelled a second time?"),
             (("{when}",),), ((2,),))),
        ((("how many hours was {name} paid for the labelling?", "What did the labelling by {name} cost?"),
          ("paid", "euro", "hours")),),
        {"name": ("Jin", "Salma", "Tomasz"), "n": ("640", "480", "720"), "k": ("6", "7", "9"),
         "when": ("first morning", "Friday afternoon")},
    ),
    Story(
        "keyword_length",
        (("T", 0, ("- Short words are padded with zeros to one second. The model knows the word from the amount "
                  "of zeros!")), ("T", 1, '- Proof: a clip with only zeros after {ms} ms is called "{w}" every time.'),
         ("T", 3, "- Pad with room noise instead of zeros. The short words lose {d} but now it is honest.")),
        (Ask("debug",
             ("how did I prove that the model looks at the zeros?",
              "What was the proof that the padding gives the word away?"),
             (("only zeros", "{ms} ms", '"{w}" every time'),), ((1,),)),
         Ask("how", ("with what do I pad short words now?", "What fills up the short recordings now?"),
             (("room noise",),), ((2,),)),
         Ask("effect",
             ("what did the honest padding cost the short words?",
              "How much do short words lose with the new padding?"), (("{d}",),), ((2,),), (("{d}",),))),
        ((("where was the room noise for the padding recorded?", "Which room does the padding noise come from?"),
          ("recorded in", "office", "kitchen")),),
        {"ms": ("400", "450"), "w": ("up", "go"), "d": ("1.6", "2.3", "1.3")},
    ),
    Story(
        "time_shift",
        (("T", 0, "- Shift every clip by up to {a} ms in training. Detection of late words gets better."),
         ("T", 12, ("> [!warning] The shift of [[time_shift#{h0}]] was never active.\n> `{flag}` was read as text "
                   "and the condition was always false. The better detection must have another reason."))),
        (Ask("retraction",
             ("did the time shift make late words better?",
              "Is it true that moving the clips in time helped with late words?"),
             (("never active", "always false"),), ((1,),),
             (("no,", "no.", "no:", "no -", "no –", "no —", "never active", "always false", "warning", "retract",
               "another reason"),)),
         Ask("debug", ("why was the time shift never active?", "What was the bug with the time shift?"),
             (("read as text", "always false", "{flag}"),), ((1,),))),
        ((("how many late words are in the test set?", "What is the detection rate of late words?"),
          ("percent", "%", "rate of", "test set")),),
        {"a": ("100", "150", "80"), "flag": ("shift_ms", "use_shift")},
    ),
    Story(
        "streaming_gate",
        (("T", 0, "- On the long recording there are {a} false alarms an hour. Most are at the start of a sentence."),
         ("T", 3, "- A word must win in {n} windows in a row before it counts. {b} false alarms an hour now."),
         ("T", 8, '- The price: very short "{w}" is missed sometimes. Live with it for the demo.')),
        (Ask("figure_note",
             ("how many false alarms an hour do we have now?",
              "How often an hour does the demo wake up for nothing, in the newest state?"), (("{b}",),), ((1,),),
             (("{b}",),)),
         Ask("how", ("how did I bring the false alarms down?", "What did we do against the false alarms?"),
             (("windows in a row",),), ((1,),)),
         Ask("why",
             ("what is the price of the rule with the windows in a row?",
              "What is the drawback of waiting for several windows?"), (("missed",),), ((2,),)),
         Ask("as_of",
             ("as of {d0}, how many false alarms an hour were there?", "false alarms per hour, state of {d0}?"),
             (("{a}",),), ((0,),), (("{a}",),), ("windows in a row",), 0)),
        ((("how long is the long recording for the false alarms?",
           "What was on the long recording, a talk or the radio?"), ("radio", "podcast", "hours long")),),
        {"a": ("46", "38", "52"), "n": ("3", "4"), "b": ("7", "9", "5"), "w": ("no", "go")},
    ),
)
# fmt: on


@dataclass(frozen=True)
class Campaign:
    """A row of runs that differ in one option. steps: (what the run is, value of the option)."""

    note: str
    option: str
    about: str
    steps: tuple[tuple[str, str], ...]


# fmt: off
CAMPAIGNS: tuple[Campaign, ...] = (
    Campaign("seq_module", "sequential_layer", "what stands behind the encoder",
             (("No sequence layer behind the encoder", '"None"'), ("GRU layer behind the encoder", '"GRU"'),
              ("Transformer layer behind the encoder", '"Transformer"'))),
    Campaign("noise_training", "noise_prob", "how often noise is mixed in",
             (("Only clean speech in the base session", "0.0"), ("Noise on four of ten clips", "0.4"),
              ("Noise on eight of ten clips", "0.8"))),
    Campaign("temperature_sweep", "temperature", "how sharp the logits are",
             (("Soft cosine logits", "8"), ("Sharp cosine logits", "32"))),
    Campaign("lpc_weight", "loss_lpc", "the weight of the LPC loss",
             (("Light LPC loss", "0.1"), ("Half LPC loss", "0.5"), ("Full LPC loss", "1"))),
    Campaign("matrix_metric", "matrix_loss_metric", "the metric of the matrix loss",
             (("CKA between the matrices", '"cka"'), ("Attention between the matrices", '"attention"'),
              ("Plain cosine between the matrices", '"cosine"'))),
    Campaign("rebuilt_embeddings", "emb_rec_similarity", "the similarity of the rebuilt embeddings",
             (("Rebuilt embeddings by cosine", '"cosine"'), ("Rebuilt embeddings by dot product", '"dot"'))),
    Campaign("decay_small_encoder", "decay", "the weight decay of the small encoder",
             (("Small encoder with weak decay", "0.00005"), ("Small encoder with strong decay", "0.005"))),
    Campaign("freeze_point", "epoch_freeze_classifier", "when the classifier is frozen",
             (("Classifier frozen early", "20"), ("Classifier frozen halfway", "50"),
              ("Classifier frozen late", "80"))),
    Campaign("frame_count", "num_features_pri", "how many frames the model sees",
             (("Half the frames of an utterance", "51"), ("All frames of an utterance", "101"))),
    Campaign("shot_count", "shot", "how many examples a new word has",
             (("One example a new word", "1"), ("Five examples a new word", "5"), ("Ten examples a new word", "10"))),
    Campaign("spec_masking", "spec_aug_mode", "masking of the spectrograms",
             (("Masked spectrograms in the base session", "'spec'"),
              ("Spectrograms left whole in the base session", "'None'"))),
    Campaign("residual_classifier", "loss_res_cls", "the weight of the residual classifier",
             (("Weak residual classifier", "0.1"), ("Strong residual classifier", "0.5"))),
    Campaign("guideline", "epoch_guideline", "how long the guideline loss is on",
             (("Guideline loss for a short time", "10"), ("Guideline loss for a long time", "60"))),
    Campaign("emb_replace", "emb_replace_mode", "how a prototype is replaced",
             (("Prototypes replaced whole", "'full'"), ("Prototypes mixed half and half", "'half'"))),
)
# fmt: on
PROJECTS = ("base", "comp", "trans", "primitive", "teen", "fact")

# (category, text, the same in a question, nearly the same in plain words)
# fmt: off
TASKS: tuple[tuple[str, str, str, str], ...] = (
    ("Lab", "Return the borrowed audio interface to the phonetics lab", "return the borrowed audio interface",
     "give the audio interface back"),
    ("Lab", "Order foam for the recording booth", "order the foam for the booth", "get the foam for the booth"),
    ("Lab", "Show the new intern the recording script", "show the intern the recording script",
     "explain the recording script to the intern"),
    ("Lab", "Book the seminar room for the group talk", "book the seminar room", "reserve the seminar room"),
    ("Lab", "Label the shelves with the old microphones", "label the shelves", "put labels on the shelves"),
    ("Lab", "Copy the backup of the booth recordings", "copy the backup of the booth recordings",
     "make the copy of the booth recordings"),
    ("Paper", "Draw the figure of the protocol", "draw the protocol figure", "make the drawing of the protocol"),
    ("Paper", "Write the related work on forward compatible training", "write the related work",
     "get the related work section written"),
    ("Paper", "Check the citation style of the workshop", "check the citation style", "look up the citation style"),
    ("Paper", "Shorten the introduction to one page", "shorten the introduction", "make the introduction shorter"),
    ("Paper", "Ask the English editor about the abstract", "ask the English editor",
     "get the English editor to look at the abstract"),
    ("Paper", "Fill the appendix with the option table", "fill the appendix", "put the option table in the appendix"),
    ("Code", "Remove the old branch for the visualisation", "remove the old visualisation branch",
     "throw the old visualisation branch away"),
    ("Code", "Write a test for the session sampler", "write the sampler test", "get a test for the session sampler"),
    ("Code", "Move the plotting script out of the train loop", "move the plotting script",
     "get the plotting script out of the train loop"),
    ("Code", "Replace the print lines by a logger", "replace the print lines", "swap the prints for a logger"),
    ("Code", "Clean the argument parser", "clean the argument parser", "tidy up the argument parser"),
    ("Code", "Document the tensor shapes of the encoder", "document the tensor shapes",
     "write down the tensor shapes"),
    ("Study", "Read the chapter on linear prediction", "read the linear prediction chapter",
     "go through the chapter on linear prediction"),
    ("Study", "Repeat the proof of the harmonic mean bound", "repeat the harmonic mean proof",
     "go over the proof of the harmonic mean bound again"),
    ("Study", "Watch the lecture on optimal transport", "watch the optimal transport lecture",
     "see the lecture on optimal transport"),
    ("Study", "Summarise the thesis of the former student", "summarise the former student's thesis",
     "write the summary of the old thesis"),
    ("Study", "Work through the exercises on hidden Markov models", "work through the HMM exercises",
     "do the exercises on hidden Markov models"),
    ("Others", "Renew the parking permit", "renew the parking permit", "get the new parking permit"),
    ("Others", "Send the travel receipts to the office", "send the travel receipts", "hand in the travel receipts"),
    ("Others", "Answer the survey of the graduate school", "answer the survey",
     "fill in the survey of the graduate school"),
    ("Others", "Register for the summer school", "register for the summer school", "sign up for the summer school"),
    ("Others", "Fix the wheel of the office chair", "fix the office chair", "repair the office chair"),
)
# fmt: on

# fmt: off
MUSINGS = (
    "What do I need to do today...", "Server is full of other people's jobs again.", "Let's read a paper first.",
    "I should look at more spectrograms, numbers alone tell nothing.", "Slow day.",
    "Tidied the desk, found old scripts.", "Maybe I think too much in vectors.",
    "It works on the training words, as always.", "Coffee with the group.",
    "Reading my old notes helps more then I thought.", "Should write shorter notes.", "Too many options in the code.",
    "Everything is slower than planned.", "Rain, stayed at home and read.",
    "Have to think about the story of the paper.", "What am I doing now... Think about test first.",
    "Wrote nothing down yesterday, bad habit.", "Good day.", "17:02:11 : Left early.", "==Do not forget to eat.==",
    "%%not sure about this%%",
)
# fmt: on

# Things that are written nowhere: (wordings, texts that must stand nowhere in the vault).
# fmt: off
NEVER_WRITTEN: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = (
    (("what accuracy did wav2vec features give?", "How good was it with wav2vec?"), ("wav2vec",)),
    (("what did the second reviewer criticise?", "What did the reviewers not like?"), ("reviewer",)),
    (("when is my thesis defence?", "On what date do you defend your thesis?"), ("defence", "defense")),
    (("how much money is left of the travel grant?", "What is left in the travel grant?"), ("grant",)),
    (("which result did HuBERT have on the base words?", "HuBERT base session accuracy?"), ("hubert",)),
    (("what word error rate did Whisper reach?", "whisper WER?"), ("whisper",)),
    (("what was decided about the patent?", "How far is the patent application?"), ("patent",)),
    (("which result did the Korean keywords have?", "How did the Korean words do?"), ("korean",)),
    (("what dropout rate did I settle on?", "Which dropout did we choose?"), ("dropout",)),
    (("how did knowledge distillation from the large teacher go?", "What came out of the distillation?"),
     ("distill", "teacher")),
    (("what did the ethics board write?", "What conditions did the ethics board set?"), ("ethics",)),
    (("which room temperature do the servers need?", "How hot does the server room get?"), ("server room", "celsius")),
    (("what was the result of pruning the network?", "How many weights could we prune?"), ("prun",)),
    (("who is giving the talk at the retreat?", "When is the group retreat?"), ("retreat",)),
    (("what did the company partner ask for?", "What does our industry partner want?"), ("partner", "company")),
    (("how well did the children's speech do?", "Accuracy on children's voices?"), ("child",)),
    (("which margin did I use for the triplet loss?", "triplet loss margin?"), ("triplet",)),
    (("what was the outcome of the hearing aid study?", "How did the hearing aid people like it?"), ("hearing aid",)),
    (("what label smoothing value works best?", "label smoothing: which value was best?"), ("smoothing",)),
    (("what was the password of the shared calendar?", "Where is the shared calendar?"), ("calendar",)),
    (("how did the diffusion model for the replay do?", "What did we get from the diffusion model?"), ("diffusion",)),
    (("which sampling rate does the LibriSpeech subset have?", "How large is our LibriSpeech subset?"),
     ("librispeech",)),
)
# fmt: on


@dataclass
class Run:
    """A logged run. day: in Server.md; result_day: in Experiments.md, None without a result."""

    what: str
    day: Day
    result_day: Day | None
    options: dict[str, str]
    campaign: str
    order: int
    arrays: dict[str, list[float]] = field(default_factory=dict)
    interim: dict[str, list[float]] = field(default_factory=dict)
    state: str = "done"  # done, nan, stopped, running, retracted
    verdict: str = ""
    bare: str = ""  # Stands in place of the command.
    words_epochs: str = ""
    server: str = ""
    result: str = ""

    def places(self) -> list[str]:
        """Where it stands in the notes."""
        return [p for p in (self.server, self.result) if p]


@dataclass(frozen=True)
class Claim:
    """What the check looks up in the written notes for one question. name says how, the rest with what."""

    name: str = "quote"
    data: tuple = ()


def iso(day: Day) -> str:
    """2025-03-08"""
    return day.isoformat()


def spoken(day: Day, rng: random.Random, style: int | None = None) -> str:
    """A day as it is typed in a question."""
    month = MONTHS[day.month - 1]
    forms = [iso(day), f"{day.day} {month}", f"{month} {day.day}"]
    return forms[rng.randrange(3) if style is None else style]


def day_forms(day: Day) -> list[str]:
    """All usual spellings of a day."""
    month = MONTHS[day.month - 1]
    short = month[:3]
    number = str(day.day)
    forms = [
        iso(day),
        f"{day:%Y/%m/%d}",
        f"{day:%Y%m%d}",
        f"{number} {month}",
        f"{month} {number}",
        f"{number} {short}",
    ]
    return [*forms, f"{short} {number}", f"{number}. {month}", f"{number}th {month}", f"{month} {number}th"]


def figure(value: float) -> list[str]:
    """A figure as the note has it, and rounded."""
    return list(dict.fromkeys([f"{value:g}", f"{value:.2f}", f"{value:.1f}"]))


def number_forms(count: int) -> list[str]:
    """A count in words and digits, with what is counted."""
    word = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
    things = (
        "runs run jobs job experiments experiment trainings training logged results records matching entries launched"
    )
    forms = [f"{count} {thing}" for thing in things.split()] + [f"{count} in all", f"{count} of", f"count: {count}"]
    forms += [f"**{count}**", f"{count} times", f"{count}."]
    return [*forms, word[count]] if count < len(word) else forms


class Vault:
    """Collects the notes, and gives every note its own habits of date headings."""

    def __init__(self, rng: random.Random, days: Sequence[Day]) -> None:
        self.rng = rng
        self.days = list(days)
        self.notes: dict[str, dict[Day, dict[str, list[str]]]] = {}
        self.heads: dict[tuple[str, Day], str] = {}
        self.top: dict[str, list[str]] = {}

    def head(self, note: str, day: Day) -> str:
        """The heading of a day in a note, without its marks: dashes early, slashes later, at times neither."""
        if (note, day) not in self.heads:
            part = self.days.index(day) / len(self.days) if day in self.days else 0.5
            usual = f"{day:%Y-%m-%d}" if part < 0.4 else f"{day:%Y/%m/%d}"
            self.heads[note, day] = f"{day:%Y%m%d}" if self.rng.random() < 0.12 else usual
        return self.heads[note, day]

    def add(self, note: str, day: Day, text: str, sub: str = "", dated: Day | None = None) -> str:
        """Adds text below a day (and a sub-heading of that day, or of another one), returns the place."""
        head = f"{dated:%Y/%m/%d}" if dated else self.head(note, day)
        name = f"{'####' if sub == 'Fix' else '###'} {sub}-{head}" if sub else ""
        self.notes.setdefault(note, {}).setdefault(day, {}).setdefault(name, []).append(text)
        return f"{note}#{name.lstrip('# ') or head}"

    def write(self, out: Path) -> None:
        """Writes all notes."""
        out.mkdir(parents=True, exist_ok=True)
        for note, days in self.notes.items():
            lines = [
                "---",
                f"id: {note}",
                "aliases: []",
                "tags: []",
                "---",
                "",
                f"# {note}",
                "",
                *self.top.get(note, []),
            ]
            for day in sorted(days):
                lines.append(f"## {self.head(note, day)}" + (" " if self.rng.random() < 0.2 else ""))
                for sub in sorted(days[day], key=lambda name: (name != "", name)):
                    if sub:
                        lines += ["", sub]
                    for text in days[day][sub]:
                        lines += text.split("\n")
                lines.append("")
            (out / f"{note}.md").write_text("\n".join(lines), "utf-8")


def workdays(rng: random.Random) -> tuple[list[Day], tuple[Day, Day]]:
    """The days at the desk, and the first and last day of the holiday between them."""
    start = Day(rng.choice([2025, 2026]), rng.choice([1, 2, 3, 8, 9]), rng.randint(2, 20))
    length = rng.randint(76, 88)
    away = start + ONE_DAY * rng.randint(36, 46)
    back = away + ONE_DAY * rng.randint(8, 10)
    every = [start + ONE_DAY * i for i in range(length)]
    days = [d for d in every if not away <= d <= back and (d.weekday() < 5 or rng.random() < 0.15)]
    while days[-1].weekday() > 3:
        days.pop()
    return days, (away, back)


def arrays(rng: random.Random, level: float) -> dict[str, list[float]]:
    """The four arrays of a run whose last overall accuracy lies about level."""
    first = round(rng.uniform(94.5, 97.5), 3)
    drops = sorted(rng.uniform(0.08, 1.0) for _ in range(4))
    overall = [first] + [round(first - (first - level) * d, 3) for d in drops] + [round(level, 3)]
    seen_last, unseen_last = level + rng.uniform(4, 8), level - rng.uniform(22, 30)
    seen = [round(95.6 + rng.uniform(-0.5, 0.5) - (95.6 - seen_last) * i / 4, 3) for i in range(5)]
    unseen = [round(unseen_last + rng.uniform(14, 18) * (4 - i) / 4, 3) for i in range(5)]
    harmonic = [round(2 * s * u / (s + u), 3) for s, u in zip(seen, unseen, strict=True)]
    return {"accuracy": overall, "seen": seen, "unseen": unseen, "harmonic": harmonic}


def shown(values: Sequence[float]) -> str:
    """An array as the training script prints it."""
    return "[" + ", ".join(f"{v:g}" for v in values) + "]"


def four(values: dict[str, list[float]]) -> str:
    """The four labelled arrays."""
    return (
        f"{shown(values['accuracy'])}\nSeen acc:\n{shown(values['seen'])}\nUnseen acc:\n{shown(values['unseen'])}\n"
        f"Harmonic mean:\n{shown(values['harmonic'])}"
    )


def plan_runs(rng: random.Random, days: Sequence[Day]) -> list[Run]:
    """All runs with their days, options and results, oldest first."""
    campaigns = rng.sample(CAMPAIGNS, 11)
    runs: list[Run] = []
    for order, campaign in enumerate(campaigns):
        options = {"project": rng.choice(PROJECTS), "dataset": "gsc2", "lr_base": rng.choice(["0.005", "0.01"])}
        options |= {"decay": "0.0005", "epochs_base": rng.choice(["60", "100", "120"])}
        options |= {"noise_prob": rng.choice(["0.0", "0.8"]), "temperature": "16"}
        level = rng.uniform(77, 84)
        steps = list(campaign.steps)
        rng.shuffle(steps)
        for what, value in steps:
            run = Run(what, days[0], None, {**options, campaign.option: value}, campaign.note, order)
            run.arrays = arrays(rng, level + rng.uniform(-3.5, 3.5))
            runs.append(run)
    rerun = Run(f'Second try of "{runs[-2].what.lower()}"', days[0], None, {}, campaigns[-1].note, 11)
    runs.insert(len(runs) - 1, rerun)
    rerun.bare = "same"
    rerun.arrays = arrays(rng, rng.uniform(78, 80))
    for what, state, verdict in (
        ("Base session in half precision", "nan", "[!ERROR]  NaN occurs."),
        ("Larger encoder with tau 8", "stopped", "Stopped."),
    ):
        options = {"project": rng.choice(PROJECTS), "dataset": "gsc2", "lr_base": "0.005", "decay": "0.0005"}
        run = Run(what, days[0], None, {**options, "epochs_base": "100"}, "", 20, state=state, verdict=verdict)
        runs.insert(rng.randint(4, len(runs) - 4), run)
    check = Run("Evaluation only of the base checkpoint with street noise", days[0], None, {}, "", 21, bare="none")
    check.arrays = arrays(rng, rng.uniform(74, 75))
    runs.insert(rng.randint(4, len(runs) - 4), check)
    spots = sorted(
        rng.sample(range(1, len(days) - 3), len(runs) - 4) + [rng.randrange(1, len(days) - 3) for _ in range(4)]
    )
    for run, spot in zip(runs, spots, strict=True):
        run.day = days[spot]
        if run.state != "nan" and run.state != "stopped":
            run.result_day = days[spot + 1] if rng.random() < 0.3 else days[spot]
    last = Run(
        "Three encoders voting on the new words", days[-1], None, dict(runs[-1].options), "", 22, state="running"
    )
    last.options |= {"project": rng.choice(PROJECTS), "epochs_base": "80"}
    return [*runs, last]


def spoil(rng: random.Random, runs: list[Run]) -> dict[str, Run]:
    """Puts slips into some runs: wrong code, a later retraction, swapped options, wrong epochs, two results."""
    plain = [r for r in runs if r.state == "done" and not r.bare and r.result_day and r.order < 10]
    chosen = rng.sample(plain[: len(plain) * 2 // 3], 7)
    names = ("wrong_code", "taken_back", "swapped", "epochs", "two_results", "pasted", "pasted_from")
    slips = dict(zip(names, chosen, strict=True))
    for name in ("wrong_code", "taken_back"):
        slips[name].state = "retracted"
        slips[name].arrays = arrays(rng, rng.uniform(88.2, 89.4))
    if slips["pasted"].day < slips["pasted_from"].day:
        slips["pasted"], slips["pasted_from"] = slips["pasted_from"], slips["pasted"]
    slips["pasted"].state = "retracted"
    slips["pasted"].arrays = slips["pasted_from"].arrays
    slips["wrong_code"].verdict = "> [!fail] This result is from wrong code."
    swapped = slips["swapped"].options
    swapped["lr_base"], swapped["decay"] = swapped["decay"], swapped["lr_base"]
    slips["epochs"].words_epochs = "30"
    two = slips["two_results"]
    two.interim = {k: [round(v - 0.3 * i, 3) for i, v in enumerate(a)] for k, a in two.arrays.items()}
    two.interim["harmonic"] = [
        round(2 * s * u / (s + u), 3) for s, u in zip(two.interim["seen"], two.interim["unseen"], strict=True)
    ]
    return slips


def command(run: Run, old: bool, rng: random.Random) -> str:
    """The command as a fence, in the older or the newer habit."""
    lines = [f"python train.py {run.options['project']} \\"]
    pairs = list(run.options.items())
    for i, (name, value) in enumerate(pairs):
        end = "" if i == len(pairs) - 1 and not old else ("\\" if old and rng.random() < 0.3 else " \\")
        lines.append(f"  -{name} {value}{end}")
    return f"```sh {'full config' if old else 'gsc2.sh'}\n" + "\n".join(lines) + "\n```"


def log_runs(vault: Vault, runs: list[Run], slips: dict[str, Run], rng: random.Random) -> None:
    """Writes Server.md and Experiments.md."""
    half = vault.days[len(vault.days) // 2]
    origin = next(
        r
        for i, r in enumerate(runs)
        if i + 1 < len(runs) and f'"{r.what.lower()}"' in " ".join(other.what for other in runs)
    )
    for run in runs:
        words = f", {run.words_epochs} epochs" if run.words_epochs else ""
        words += (
            ", lr 0.005 and decay 0.0005".replace("0.005", run.options["decay"]).replace(
                "decay 0.0005", f"decay {run.options['lr_base']}"
            )
            if run is slips["swapped"]
            else ""
        )
        text = f"- [{'-' if run.state == 'running' else 'x'}] {run.what}{words}."
        if run.campaign and rng.random() < 0.7:
            target = vault.head(run.campaign, run.day) if rng.random() < 0.85 else "20240230"
            text += f"\n  > [!note]\n  > Code : [[{run.campaign}#{target}]]"
        if run.bare == "same":
            text += (
                f"\nExactly the same with [[#{vault.head('Server', origin.day)}]] ({origin.what}), only another seed."
            )
        elif run.bare == "none":
            text += "\nNo training, only the test loop."
        else:
            text += "\n\n" + command(run, run.day < half, rng)
        if run.state in ("nan", "stopped"):
            text += f"\n{run.verdict}"
        elif run.result_day:
            text += f"\n> [!note] Result\n> [[Experiments#{vault.head('Experiments', run.result_day)}]]"
        run.server = vault.add("Server", run.day, text + "\n---")
        if run.state in ("nan", "stopped"):
            run.result = vault.add("Experiments", run.day, f"> {run.what}.\n> {run.verdict}\n")
        if not run.result_day:
            continue
        if run.day < half and rng.random() < 0.35 and not run.verdict and not run.interim:
            body = f"```txt {run.what}\n{four(run.arrays)}\n```"
        else:
            body = "> [!note] Config\n" if rng.random() < 0.25 else ""
            body += f"> {run.what}.\n> Server : [[Server#{vault.head('Server', run.day)}]]\n"
            body += f"{run.verdict}\n" if run.verdict else ""
            if run.interim:
                body += f"Interim result\n{four(run.interim)}\nFinal result\n{four(run.arrays)}"
            else:
                body += four(run.arrays)
        if rng.random() < 0.3:
            body += "\n" + rng.choice(
                [
                    "- As expected.",
                    "- ![[confusion.png]]",
                    "- Ran over night.",
                    "- Look at the confusion matrix later.",
                    "- Hmm.",
                    "- Fast.",
                ]
            )
        late = run.result_day > run.day and run.order == 4
        dated = run.result_day if late else None
        run.result = vault.add(
            "Experiments", run.day if late else run.result_day, body + "\n", "Result" if late else "", dated
        )
    good = [r for r in runs if r.state == "done" and r.result_day and not r.interim][:4]
    table = ["```", "| what | last | link |", "|---|---|---|"]
    table += [f"| {r.what} | {r.arrays['accuracy'][-1]:g} | [[#{r.result.split('#')[1]}]] |" for r in good]
    vault.top["Experiments"] = [*table, "", "newer ones are below```", ""]


def fill(text: str, picked: dict[str, str]) -> str:
    """Puts the drawn words into a text."""
    for name, value in picked.items():
        text = text.replace("{" + name + "}", value)
    return text


# How many questions of each kind come out of the stories.
QUOTAS = {"why": 5, "how": 6, "idea": 3, "debug": 5, "retraction": 4, "status": 4, "next": 3, "figure_note": 4}
QUOTAS |= {"effect": 3, "as_of": 4, "refuse_near": 12}


# fmt: off
class Journal:
    """One journal: the vault and its questions, with what proves each gold."""

    def __init__(self, seed: int, notes: int) -> None:
        self.rng = random.Random(f"almanac {seed}")
        self.seed = seed
        self.prof = self.rng.choice(["Prof. Lindqvist", "Prof. Okafor", "Prof. Marek"])
        self.days, self.away = workdays(self.rng)
        self.today = self.days[-1] + ONE_DAY
        self.vault = Vault(self.rng, self.days)
        self.questions: list[tuple[Question, Claim]] = []
        self.runs = plan_runs(self.rng, self.days)
        self.slips = spoil(self.rng, self.runs)
        self.origin = next(r for r in self.runs if any(f'"{r.what.lower()}"' in o.what for o in self.runs))
        self.tasks: list[tuple[str, tuple[str, str, str, str], list[tuple[Day, str, str]]]] = []
        log_runs(self.vault, self.runs, self.slips, self.rng)
        self.campaign_notes()
        self.month_notes()
        hubs = 3 + len({d.month for d in self.days}) + len({r.campaign for r in self.runs} - {""})
        self.stories = self.rng.sample(STORIES, max(4, min(len(STORIES), notes - hubs)))
        self.story_asks = [self.tell(story) for story in self.stories]
        for i, day in enumerate(self.days):
            if self.rng.random() < 0.6:
                self.vault.add("Scratch", day, f"- {MUSINGS[(seed + i) % len(MUSINGS)]}")

    def campaign_notes(self) -> None:
        """The topic notes of the runs: why they were made, and the retraction of one."""
        self.why_run: dict[str, str] = {}
        for campaign in CAMPAIGNS:
            mine = [r for r in self.runs if r.campaign == campaign.note and not r.bare]
            if not mine:
                continue
            text = f"- Runs to see {campaign.about}. Only `{campaign.option}` changes, the rest stays as it is."
            self.why_run[campaign.note] = self.vault.add(campaign.note, mine[0].day, text)
            for run in mine[1:]:
                self.vault.add(campaign.note, run.day, f"- {run.what} is on the server.", "Code")
        bad = self.slips["taken_back"]
        later = [d for d in self.days if d > (bad.result_day or bad.day)]
        self.taken_back_day = later[min(len(later) - 1, self.rng.randint(7, 12))]
        link = bad.result
        text = f'- The result of "{bad.what}" ([[{link}]]) is not valid, the test loader read the training list.'
        self.taken_back = self.vault.add("Scratch", self.taken_back_day, text)

        run, source = self.slips["pasted"], self.slips["pasted_from"]
        last = max(run.result_day or run.day, source.result_day or source.day)
        text = f'15:45:20 : The result of "{run.what}" ([[{run.result}]]) is not valid, I pasted the arrays of '
        text += f'"{source.what}" there. The right ones are lost.'
        self.pasted = self.vault.add("Scratch", [d for d in self.days if d > last][3], text)

    def month_note(self, day: Day) -> str:
        """The to-do note of a day."""
        return MONTHS[day.month - 1]

    def month_notes(self) -> None:
        """The to-do notes: tasks with their states over the days."""
        chosen = self.rng.sample(TASKS, 24)
        ends = ["done"] * 9 + ["open"] * 6 + ["ongoing"] * 4 + ["deferred"] * 3 + ["struck"] * 2
        for task, end in zip(chosen, ends, strict=True):
            first = self.rng.randrange(0, len(self.days) - 14)
            if end == "ongoing":
                first = self.rng.randrange(len(self.days) - 20, len(self.days) - 13)
            states = [(self.days[first], " ")]
            if end != "open":
                mark = {"done": "x", "ongoing": "-", "deferred": ">", "struck": "~"}[end]
                states.append((self.days[first + self.rng.randint(2, 12)], mark))
            history = []
            for day, mark in states:
                text = f"- [ ] ~~{task[1]}~~" if mark == "~" else f"- [{mark}] {task[1]}"
                history.append((day, mark, self.vault.add(self.month_note(day), day, text, task[0])))
            self.tasks.append((end, task, history))
        for run in self.runs:
            if run.result_day and self.rng.random() < 0.6:
                text = f"- [x] Run: {run.what}\n  > Result : [[{run.result}]]\n  > Server : [[{run.server}]]"
                self.vault.add(self.month_note(run.result_day), run.result_day, text, "Experiments")

    def tell(self, story: Story) -> list[tuple[str, tuple[str, ...], Ask | tuple, dict, list[str], list[Day]]]:
        """Writes a story into the notes; returns its questions; a near miss has its absent texts in place of an Ask."""
        picked = {name: self.rng.choice(values) for name, values in story.pick.items()}
        picked["prof"] = self.prof
        span = story.entries[-1][1]
        start = self.rng.randrange(0, max(1, len(self.days) - span - 2))
        days = [self.days[min(start + offset, len(self.days) - 1)] for _, offset, _ in story.entries]
        for i, day in enumerate(days):
            picked[f"d{i}"] = iso(day)
            picked[f"h{i}"] = self.vault.head(story.note, day)
        places = []
        for (where, _, text), day in zip(story.entries, days, strict=True):
            note = "Scratch" if where == "S" else story.note
            places.append(self.vault.add(note, day, fill(text, picked), "" if where in "TS" else where))
        told: list = [(ask.kind, ask.words, ask, picked, places, days) for ask in story.asks]
        return told + [("refuse_near", words, absent, picked, places, days) for words, absent in story.near]

    def ask(
        self,
        kind: str,
        words: Sequence[str],
        claim: Claim,
        *,
        must: Sequence[Sequence[str]] = (),
        lead: Sequence[Sequence[str]] = (),
        never: Sequence[str] = (),
        sections: Sequence[Sequence[str]] = (),
        allowed: Sequence[str] = (),
        as_of: str = "",
        answered: bool = True,
    ) -> None:
        """Adds a question in one of its wordings."""
        question = Question(f"almanac-{self.seed}-{len(self.questions):03d}", kind, self.rng.choice(list(words)),
            iso(self.today), answered, [list(group) for group in must], [list(group) for group in lead], list(never),
            [list(group) for group in sections], list(dict.fromkeys(allowed)), as_of)
        self.questions.append((question, claim))

    # -- stories -------------------------------------------------------------------------------------------------

    def ask_stories(self) -> None:
        """Questions on the stories, so many a kind."""
        pool = [told for story in self.story_asks for told in story]
        self.rng.shuffle(pool)
        used: dict[str, int] = {}
        for kind, words, ask, picked, places, days in pool:
            if used.get(kind, 0) >= QUOTAS[kind]:
                continue
            used[kind] = used.get(kind, 0) + 1
            words = [fill(w, picked) for w in words]
            if not isinstance(ask, Ask):
                self.ask(kind, words, Claim("absent_story", (tuple(places), ask)), answered=False)
                continue
            as_of, words_then = "", words
            if ask.as_of is not None:
                day = days[ask.as_of]
                words_then = [w.replace(iso(day), spoken(day, self.rng)) for w in words]
                as_of = iso(day) if self.rng.random() < 0.7 else ""
            groups = [[places[i] for i in group] for group in ask.at]
            self.ask(kind, words_then, Claim(), must=[[fill(f, picked) for f in g] for g in ask.must],
                lead=[[fill(f, picked) for f in g] for g in ask.lead], never=[fill(n, picked) for n in ask.never],
                sections=groups,
                allowed=[p for p, d in zip(places, days, strict=True) if ask.as_of is None or d <= days[ask.as_of]],
                as_of=as_of)

    # -- runs ----------------------------------------------------------------------------------------------------

    def clear(self, first: Day, last: Day) -> list[Run] | None:
        """The runs of an interval; None where one crosses its border or is only an evaluation."""
        found = []
        for run in self.runs:
            ends = run.result_day or run.day
            inside = first <= run.day <= last
            if inside != (first <= ends <= last) or (inside and run.bare == "none"):
                return None
            if inside:
                found.append(run)
        return found

    def intervals(self) -> list[tuple[Day, Day, list[str]]]:
        """Stretches of time with their wordings, days to months."""
        spans: list[tuple[Day, Day, list[str]]] = []
        rng, today = self.rng, self.today
        for day in self.days:
            spans.append((day, day, [f"on {spoken(day, rng)}"]))
        monday = today - ONE_DAY * today.weekday()
        spans.append((today - ONE_DAY, today - ONE_DAY, ["yesterday"]))
        spans.append((monday - ONE_DAY * 7, monday - ONE_DAY, ["last week"] * 3))
        for _ in range(40):
            first, last = sorted(rng.sample(self.days, 2))
            if 3 <= (last - first).days <= 10:
                between = f"between {spoken(first, rng, 1)} and {spoken(last, rng, 1)}"
                spans.append((first, last, [between, f"from {iso(first)} to {iso(last)}"]))
        week = self.days[0] - ONE_DAY * self.days[0].weekday() + ONE_DAY * 7
        while week < monday:
            spans.append((week, week + ONE_DAY * 6, [f"in the week of {spoken(week, rng)} (Monday to Sunday)"]))
            week += ONE_DAY * 7
        return spans

    def ask_intervals(self) -> None:
        """What ran in an interval; and intervals in which nothing ran."""
        spans = self.intervals()
        self.rng.shuffle(spans)
        spans.sort(key=lambda span: span[2][0] not in ("last week", "yesterday"))
        kinds: dict[str, int] = {}
        asked: set[tuple[str, ...]] = set()
        for first, last, when in spans:
            found = self.clear(first, last)
            if found is None or len(found) > 5 or (found and tuple(r.what for r in found) in asked):
                continue
            size = "day" if first == last else "long"
            kind = ("none_" if not found else "in_") + size
            if kinds.get(kind, 0) >= {"in_day": 2, "in_long": 5, "none_day": 1, "none_long": 1}[kind]:
                continue
            kinds[kind] = kinds.get(kind, 0) + 1
            span = self.rng.choice(when)
            asked.add(tuple(r.what for r in found))
            claim = Claim("interval", (first, last, tuple(r.what for r in found)))
            if not found:
                self.ask_none(span, claim)
                continue
            words = [f"what did I run {span}?", f"which experiments ran {span}?",
                f"What was running on the GPU {span}?", f"I forgot, which trainings did we start {span}?",
                f"runs {span}, please", f"Just back from my holiday, remind me: what did I run {span}?"]
            self.ask("runs_interval", words, claim, must=[[r.what] for r in found],
                sections=[r.places() for r in found], allowed=[p for r in found for p in r.places()])
        first, last = self.away
        claim = Claim("interval", (first, last, ()))
        self.ask_none(f"between {spoken(first, self.rng, 2)} and {spoken(last, self.rng, 2)}", claim)

    def ask_none(self, span: str, claim: Claim) -> None:
        """A stretch of time in which nothing ran: there is nothing to tell, which counts as a refusal."""
        words = [f"did anything run {span}?", f"Was there any training on the server {span}?", f"any runs {span}?"]
        self.ask("none_run", words, claim, answered=False)

    def sound(self, *, when: Callable[[Run], bool] = lambda run: True) -> list[Run]:
        """Runs with a result that counts."""
        return [r for r in self.runs if r.state == "done" and r.result_day and when(r)]

    def filters(self) -> list[tuple[str, str, tuple, Callable[[Run], bool]]]:
        """Filters: as an attribute of the run, data for the check, and the test."""
        found: list[tuple[str, str, tuple, Callable[[Run], bool]]] = []
        for option in ("project", "noise_prob", "epochs_base", "lr_base"):
            for value in sorted({r.options[option] for r in self.runs if option in r.options}):
                blurred = any(r in (self.slips["swapped"], self.slips["epochs"]) or r is self.origin for r in self.runs
                    if r.options.get(option) == value and (option != "noise_prob" or r is self.origin)
                    and (option != "project" or r is self.origin))
                blurred |= option == "lr_base" and value == self.slips["swapped"].options["decay"]
                if blurred:
                    continue
                words = f"with the project {value}" if option == "project" else f"with `{option}` {value}"
                found.append((words, option, (option, value), lambda r, o=option, v=value: r.options.get(o) == v))
        return found

    def ask_best(self) -> None:
        """Best and worst by a metric and a filter."""
        jobs: list[tuple[str, tuple, list[Run]]] = [("of all runs", (), self.sound())] * 2
        jobs += [(words, data, self.sound(when=test)) for words, _, data, test in self.filters()]
        for month in sorted({r.result_day.month for r in self.sound() if r.result_day}):
            in_month = [r for r in self.sound() if r.result_day and r.result_day.month == month]
            if all(r.day.month == month for r in in_month) and all(
                r.result_day is None or r.result_day.month == r.day.month for r in self.runs if r.day.month == month
            ):
                jobs.append((f"in {MONTHS[month - 1]}", ("month", month), in_month))
        self.rng.shuffle(jobs)
        asked = 0
        for words, data, runs in jobs:
            metric = self.rng.choice(["accuracy", "harmonic", "unseen", "accuracy", "harmonic", "seen"])
            best = self.rng.random() < 0.65
            ranked = sorted(runs, key=lambda r: r.arrays[metric][-1], reverse=best)
            if len(ranked) < 3 or abs(ranked[0].arrays[metric][-1] - ranked[1].arrays[metric][-1]) < 0.05:
                continue
            top = ranked[0]
            if any(r.interim for r in ranked[:2]) or top is self.origin or top.bare or asked == 6:
                continue
            asked += 1
            name, superlative = METRICS[metric], "best" if best else "worst"
            high = "highest" if best else "lowest"
            texts = [f"which run {words} has the {superlative} {name} after the last session?",
                f"what is the {high} {name} in the last session {words}, and which run was it?",
                f"{superlative} {name} last session {words}?",
                f"Tell me please the run {words} with the {high} {name} at the end (last session)."]
            if words == "of all runs":
                texts = [f"which run has the {superlative} {name} after the last session?",
                    (f"Which experiment was the {superlative} so far, by {name} in the last session? Only results "
                    "that still stand.")]
            self.ask("best_worst", texts, Claim("best", (metric, best, data, top.what)),
                must=[[top.what], figure(top.arrays[metric][-1])], lead=[[top.what, *figure(top.arrays[metric][-1])]],
                sections=[[top.result]], allowed=[p for r in self.runs for p in r.places()])

    def ask_first_count(self) -> None:
        """First and last run of a kind, and how many there are."""
        filters = self.filters()
        self.rng.shuffle(filters)
        first_last = counted = 0
        for words, _, data, test in filters:
            mine = [r for r in self.runs if test(r)]
            if len(mine) < 2:
                continue
            if (
                first_last < 3
                and mine[0].day != mine[1].day
                and mine[-1].day != mine[-2].day
                and mine[-1].state == "done"
            ):
                first = first_last % 2 == 0
                run = mine[0] if first else mine[-1]
                word = "first" if first else "last"
                texts = [f"when did I {word} start a run {words}?", f"On which day was the {word} run {words} started?"]
                self.ask("first_last", texts, Claim("first", (data, first, run.what, run.day)),
                    must=[day_forms(run.day)], lead=[day_forms(run.day)], sections=[run.places()],
                    allowed=run.places())
                first_last += 1
            elif counted < 2 and len(mine) < 12:
                texts = [f"how many runs {words} did I start in total, stopped ones too?",
                    f"Count the runs {words} for me, failed and running ones included."]
                self.ask("count", texts, Claim("count", (data, len(mine))), must=[number_forms(len(mine))],
                    lead=[number_forms(len(mine))], allowed=[p for r in mine for p in r.places()])
                counted += 1
        spans = [s for s in self.intervals() if s[0] != s[1]]
        self.rng.shuffle(spans)
        for span_first, span_last, when in spans:
            found = self.clear(span_first, span_last)
            if found and len(found) > 1 and counted < 4:
                counted += 1
                span = self.rng.choice(when)
                texts = [f"how many runs did I start {span}?", f"number of runs {span}?"]
                self.ask("count", texts, Claim("interval", (span_first, span_last, tuple(r.what for r in found))),
                    must=[number_forms(len(found))], lead=[number_forms(len(found))],
                    allowed=[p for r in found for p in r.places()])

    def ask_compare(self) -> None:
        """A against B, and the effect of one option."""
        blurred = [self.origin, *self.slips.values()]
        pairs = []
        for campaign in CAMPAIGNS:
            mine = [r for r in self.sound() if r.campaign == campaign.note and not r.bare and r not in blurred]
            pairs += [(campaign, mine[0], mine[1])] if len(mine) > 1 else []
        self.rng.shuffle(pairs)
        for i, (campaign, a, b) in enumerate(pairs[:7]):
            metric = self.rng.choice(["accuracy", "harmonic", "unseen"])
            name = METRICS[metric]
            x, y = a.arrays[metric][-1], b.arrays[metric][-1]
            gap = figure(round(abs(x - y), 3))
            claim = Claim("pair", (metric, a.what, b.what, x, y))
            must = [[*figure(x), *gap], [*figure(y), *gap]]
            places = {"sections": [[a.result], [b.result]], "allowed": [*a.places(), *b.places()]}
            if i % 2 == 0:
                texts = [f'compare "{a.what}" with "{b.what}": {name} after the last session?',
                    f"{a.what} or {b.what.lower()} - which of the two has the better {name} in the last session?",
                    f"{a.what.lower()} or {b.what.lower()}: which is better in last-session {name}, and by how much?"]
                better = a if x > y else b
                self.ask("compare", texts, claim, must=[*must, [better.what]], **places)
            else:
                old, new = a.options[campaign.option].strip("'\""), b.options[campaign.option].strip("'\"")
                texts = [
                    f"runs on {campaign.about}: effect of `{campaign.option}` {old} vs {new} on last-session {name}?",
                    (f"in the runs on {campaign.about}: how did {name} of the last session change when I went from "
                    f"`{campaign.option}` {old} to {new}?")]
                self.ask("effect_run", texts, claim, must=must, **places)

    def ask_details(self) -> None:
        """A figure, an option or the end of one run; slips and retractions; what runs now; details nobody wrote."""
        rng, slips = self.rng, self.slips
        blurred = [self.origin, *slips.values()]
        plain = [r for r in self.sound() if r not in blurred and not r.bare]
        rng.shuffle(plain)
        for run in plain[:5]:
            metric = rng.choice(list(METRICS))
            where = rng.choice(["last", "first"])
            session = "after the last session" if where == "last" else "after the first incremental session"
            place = -1 if where == "last" else (1 if metric == "accuracy" else 0)
            value = run.arrays[metric][place]
            texts = [f'what {METRICS[metric]} did "{run.what}" reach {session}?',
                f"{run.what.lower()}: {METRICS[metric]} {session}?",
                f'How good was the {METRICS[metric]} of the run "{run.what.lower()}" {session}?']
            self.ask("run_figure", texts, Claim("figure", (run.what, metric, place, value)), must=[figure(value)],
                lead=[figure(value)], sections=[[run.result]], allowed=run.places())
        for run in plain[5:9]:
            option = rng.choice([o for o in run.options if o not in ("dataset",)])
            value = run.options[option].strip("'\"")
            texts = [f'which `{option}` did "{run.what}" have?', f"{run.what.lower()} - value of {option}?",
                f'With which {option} did I start the run "{run.what}"?']
            self.ask("run_option", texts, Claim("option", (run.what, option, value)), must=[[value]], lead=[[value]],
                sections=[[run.server]], allowed=run.places())
        run = plain[9 % len(plain)]
        texts = [f'give me the command of "{run.what}"', f'how exactly did I call train.py for "{run.what.lower()}"?']
        self.ask("run_command", texts, Claim("option", (run.what, "lr_base", run.options["lr_base"])),
            must=[[f"train.py {run.options['project']}"], [f"-epochs_base {run.options['epochs_base']}"]],
            sections=[[run.server]], allowed=run.places())
        again = next(r for r in self.runs if r.bare == "same")
        value = self.origin.options["epochs_base"]
        texts = [f"how many base epochs did the run `{again.what}` have?", f"{again.what.lower()}: which epochs_base?"]
        claim = Claim("option", (self.origin.what, "epochs_base", value))
        places = [self.origin.server, again.server]
        self.ask("run_same", texts, claim, must=[[value]], lead=[[value]], sections=[places], allowed=again.places())
        for run in (r for r in self.runs if r.state in ("nan", "stopped")):
            end = ["nan"] if run.state == "nan" else ["stopped"]
            texts = [f'what became of "{run.what}"?', f'How did the run "{run.what.lower()}" end?']
            self.ask(
                "failed_run", texts, Claim(), must=[end], lead=[end], sections=[run.places()], allowed=run.places())
        run = slips["epochs"]
        texts = [f'how many epochs did "{run.what}" train?', f"number of base epochs of {run.what.lower()}?"]
        self.ask("contradiction", texts, Claim("option", (run.what, "epochs_base", run.options["epochs_base"])),
            must=[["30"], [run.options["epochs_base"]]], sections=[[run.server]], allowed=run.places())
        run = slips["swapped"]
        texts = [f'learning rate of "{run.what}" - do words and command agree?',
            f'Is the learning rate of "{run.what}" the same in my description and in the command?']
        self.ask("contradiction", texts, Claim("option", (run.what, "lr_base", run.options["lr_base"])),
            must=[[run.options["lr_base"]], [run.options["decay"]]], sections=[[run.server]], allowed=run.places())
        self.ask_retracted()
        run = self.runs[-1]
        texts = ["what is running on the server right now?", "I am back at my desk - which job is still going?",
            "Is something still training? What?"]
        self.ask("running_now", texts, Claim("running", (run.what,)), must=[[run.what]], lead=[[run.what]],
            sections=[[run.server]], allowed=run.places())
        near = [r for r in plain if r not in plain[:2]]
        rng.shuffle(near)
        details = [('how long did "{}" take?', ("hour", "minutes")), ('which GPU did "{}" run on?', ("-gpu", "cuda")),
            ('what batch size did "{}" have?', ("batch_size",)), ('which random seed had "{}"?', ("-seed",)),
            ('How much GPU memory did "{}" need?', ("gib", "memory"))]
        rng.shuffle(details)
        for run, (text, absent) in zip(near[:4], details[:4], strict=True):
            self.ask("refuse_run", [text.format(run.what), text.format(run.what.lower())],
                Claim("absent_run", (run.what, absent)), answered=False)

    def ask_retracted(self) -> None:
        """Results that do not stand, now and on a day when that was not known yet."""
        run = self.slips["wrong_code"]
        doubt = ["wrong code", "not valid", "invalid", "retract", "fail"]
        texts = [f'what overall accuracy did "{run.what}" reach in the last session, can I use it?',
            f'Is the result of "{run.what.lower()}" to be trusted?']
        self.ask("retraction_run", texts, Claim(), must=[["wrong code"]], lead=[doubt], sections=[[run.result]],
            allowed=run.places())
        run = self.slips["taken_back"]
        texts = [f'does the result of "{run.what}" still stand?',
            f'can I put "{run.what.lower()}" into the paper table?',
            f'Was there something wrong with the result of "{run.what.lower()}"?']
        self.ask("retraction_run", texts, Claim(), must=[["not valid", "training list"]], sections=[[self.taken_back]],
            allowed=run.places())
        pasted = self.slips["pasted"]
        texts = [f'are the arrays of "{pasted.what}" right?', f'Can I believe the result of "{pasted.what.lower()}"?']
        self.ask("retraction_run", texts, Claim(), must=[["not valid", "pasted"]], sections=[[self.pasted]],
            allowed=[*pasted.places(), *self.slips["pasted_from"].places()])
        before = [d for d in self.days if (run.result_day or run.day) <= d < self.taken_back_day]
        day, value = before[len(before) // 2], run.arrays["accuracy"][-1]
        texts = [f'as of {spoken(day, self.rng)}, what overall accuracy did "{run.what}" have after the last session?']
        self.ask("as_of_run", texts, Claim("figure", (run.what, "accuracy", -1, value)), must=[figure(value)],
            lead=[figure(value)], never=["training list"], sections=[[run.result]], allowed=run.places(),
            as_of=iso(day))
        done = self.sound(when=lambda r: not r.interim and r is not self.origin)
        for part in (0.35, 0.6, 0.8):
            day = self.days[int(len(self.days) * part)]
            known = sorted(
                (r for r in done if r.result_day and r.result_day <= day), key=lambda r: r.arrays["accuracy"][-1])
            if run.day <= day < self.taken_back_day or len(known) < 3 or known[-1].what == done[-1].what:
                continue
            top = known[-1]
            best_now = max(self.sound(), key=lambda r: r.arrays["accuracy"][-1])
            others = [r for r in self.sound() if r.result_day and r.result_day <= day and r not in known]
            if best_now is top or any(r.arrays["accuracy"][-1] > top.arrays["accuracy"][-1] - 0.4 for r in others):
                continue
            texts = [
                f"As of {spoken(day, self.rng)}, which valid run was best in overall accuracy after the last session?"]
            self.ask("as_of_run", texts, Claim("best", ("accuracy", True, ("until", day), top.what)),
                must=[[top.what]], lead=[[top.what, *figure(top.arrays["accuracy"][-1])]], never=[best_now.what],
                sections=[[top.result]], allowed=[p for r in known for p in r.places()], as_of=iso(day))

    # -- tasks ---------------------------------------------------------------------------------------------------

    def ask_tasks(self) -> None:
        """Open and done tasks, one by one and as lists."""
        yes = ["yes", "done", "finished", "ticked", "completed", "[x]"]
        no = ["no,", "no.", "no:", "no -", "no –", "no —", "not yet", "not done", "still open", "open", "not finished",
            "never tried", "ongoing", "deferred", "[ ]", "[-]", "unticked", "to do"]
        struck = ["struck", "cancel", "dropped", "~~", "crossed out", "no,", "no.", "no:", "no -", "no –", "no —",
            "abandon"]
        tasks = list(self.tasks)
        self.rng.shuffle(tasks)
        quota = {"done": 1, "open": 1, "ongoing": 1, "deferred": 1, "struck": 1}
        for end, task, history in tasks:
            places = [place for _, _, place in history]
            if quota[end]:
                quota[end] -= 1
                forms = {"done": yes, "struck": struck}.get(end, no)
                texts = [f"did I {task[2]}?", f"Did you already {task[3]}?", f"have I managed to {task[2]} yet?"]
                if end == "struck":
                    texts = [f"what happened with the task to {task[2]}?", f"Do I still have to {task[3]}?"]
                self.ask("task_state", texts, Claim("task", (task[1], history[-1][1])), lead=[forms],
                    sections=[[places[-1]]], allowed=places)
            elif end == "done" and quota.get("then", 0) < 2 and (history[1][0] - history[0][0]).days > 3:
                quota["then"] = quota.get("then", 0) + 1
                day = history[1][0] - ONE_DAY * 2
                texts = [f"as of {spoken(day, self.rng)}, was it still open to {task[2]}?"]
                self.ask("as_of_task", texts, Claim("task", (task[1], "x")),
                    lead=[["yes", "open", "not done", "not yet", "[ ]"]],  sections=[[places[0]]],
                    allowed=places[:1], as_of=iso(day))
        lists = 0
        for category in self.rng.sample(["Lab", "Paper", "Code", "Study", "Others"], 5):
            mine = [t for t in self.tasks if t[1][0] == category and t[0] in ("open", "ongoing", "deferred")]
            if 2 <= len(mine) <= 4 and lists < 2:
                lists += 1
                texts = [f"which {category} tasks in my to-do notes are not ticked off yet?",
                    f"what is left of the {category} to-dos (begun or put off ones too)?"]
                self.ask("task_list", texts, Claim("left", (category, tuple(t[1][1] for t in mine))),
                    must=[[t[1][1]] for t in mine], sections=[[h[2] for h in t[2]] for t in mine],
                    allowed=[h[2] for t in self.tasks if t[1][0] == category for h in t[2]])
        for end, texts in (
            ("deferred", ["which tasks did I defer?", "what did I put off in the to-do notes, the deferred ones?"]),
            ("ongoing", ["which to-dos are half done at the moment (ongoing)?", "tasks marked as ongoing?"]),
        ):
            mine = [t for t in self.tasks if t[0] == end]
            self.ask("task_list", texts, Claim("marked", (mine[0][2][-1][1], tuple(t[1][1] for t in mine))),
                must=[[t[1][1]] for t in mine], sections=[[t[2][-1][2]] for t in mine],
                allowed=[h[2] for t in mine for h in t[2]])

    def ask_never(self) -> None:
        """Things that are written nowhere."""
        for words, absent in self.rng.sample(NEVER_WRITTEN, 12):
            self.ask("refuse_never", words, Claim("absent", absent), answered=False)


# fmt: on
def build(seed: int, notes: int) -> Journal:
    """A whole journal with its questions."""
    journal = Journal(seed, notes)
    journal.ask_stories()
    journal.ask_intervals()
    journal.ask_best()
    journal.ask_first_count()
    journal.ask_compare()
    journal.ask_details()
    journal.ask_tasks()
    journal.ask_never()
    return journal


def make_journal(out: Path, seed: int, notes: int) -> list[Question]:
    """Writes the vault's notes straight into out and returns the questions. The same seed gives the same bytes."""
    journal = build(seed, notes)
    journal.vault.write(out)
    return [question for question, _ in journal.questions]


# -- the check: reads the written notes again, with nothing of the above but the claims -------------------------------


@dataclass
class Entry:
    """A job or a result as it is read back from the notes."""

    what: str
    day: Day
    text: str
    options: dict[str, str]
    arrays: dict[str, list[float]]


class Reader:
    """Reads a written vault back: sections, tasks, jobs, results."""

    def __init__(self, root: Path) -> None:
        self.sections: dict[str, str] = {}
        self.dated: list[tuple[str, Day, str, str]] = []
        for path in sorted(root.glob("*.md")):
            text, place, day = path.read_text("utf-8"), "", None
            for line in text.split("\n"):
                if re.match(r"#{2,4} ", line):
                    heading = line.lstrip("#").strip()
                    if found := re.search(r"(20\d\d)[-/]?(\d\d)[-/]?(\d\d)$", heading):
                        day = Day(*map(int, found.groups()))
                    place = f"{path.stem}#{heading}"
                    if place in self.sections:
                        raise ValueError(f"two sections {place}")
                    self.sections[place] = heading
                    if day:
                        self.dated.append((path.stem, day, place, ""))
                elif place:
                    self.sections[place] += "\n" + line
        self.all = "\n".join([*self.sections, *self.sections.values()]).lower()
        self.jobs = [e for note, day, place, _ in self.dated if note == "Server" for e in self.read_jobs(day, place)]
        self.results = [
            e for note, day, place, _ in self.dated if note == "Experiments" for e in self.read_results(day, place)
        ]
        self.bad = {e.what for e in self.results if "wrong code" in e.text}
        for note, _, place, _ in self.dated:
            if note == "Scratch":
                self.bad |= set(re.findall(r'The result of "([^"]+)" .* is not valid', self.sections[place]))

    def read_jobs(self, day: Day, place: str) -> list[Entry]:
        """The entries of a day in Server.md."""
        blocks = re.split(r"^- \[(?=.\])", self.sections[place], flags=re.MULTILINE)[1:]
        jobs = []
        for block in blocks:
            what = re.split(r"[,.]\s?(?=\s|\d|lr|$)", block[3:], maxsplit=1)[0].strip()
            options = dict(re.findall(r"^\s+-(\w+) ['\"]?([^\s'\"\\]+)", block, flags=re.MULTILINE))
            if project := re.search(r"train\.py (\w+)", block):
                options["project"] = project[1]
            jobs.append(Entry(what, day, block, options, {}))
        return jobs

    def read_results(self, day: Day, place: str) -> list[Entry]:
        """The records of a day in Experiments.md; of two sets of arrays the last counts."""
        text = self.sections[place].replace("> [!note] Config\n", "")
        starts = [
            m.start() for m in re.finditer(r"^(?:```txt |> (?!Server :|\[!|NaN|Stopped))", text, flags=re.MULTILINE)
        ]
        entries = []
        for start, end in zip(starts, [*starts, len(text)][1:], strict=bool(starts)):
            block = text[start:end]
            what = re.sub(r"^(```txt|>) ", "", block.split("\n")[0]).rstrip(".")
            rows = [
                [float(v) for v in row.split(", ")]
                for row in re.findall(r"^\[([\d., ]+)\]$", block, flags=re.MULTILINE)
            ]
            values = dict(zip(("accuracy", "seen", "unseen", "harmonic"), rows[-4:], strict=False))
            entries.append(Entry(what, day, block, {}, values))
        return entries

    def options(self, what: str) -> dict[str, str]:
        """The options of the job of that name."""
        return next(job.options for job in self.jobs if job.what == what)

    def ranked(self, metric: str, best: bool, data: tuple) -> list[str]:
        """Names of the results that count, by their last figure."""
        found = [e for e in self.results if e.arrays and e.what not in self.bad]
        if data and data[0] == "month":
            found = [e for e in found if e.day.month == data[1]]
        elif data and data[0] == "until":
            found = [e for e in found if e.day <= data[1]]
        elif data:
            found = [e for e in found if self.options(e.what).get(data[0], "").strip("'\"") == data[1].strip("'\"")]
        return [e.what for e in sorted(found, key=lambda e: e.arrays[metric][-1], reverse=best)]

    def tasks(self, until: Day | None = None) -> dict[str, tuple[str, str]]:
        """Each task's last mark and its category."""
        found: dict[str, tuple[str, str]] = {}
        for note, _day, place, _ in sorted(self.dated, key=lambda row: row[1]):
            if note in MONTHS and (until is None or _day <= until):
                category = place.split("#")[1].split("-")[0]
                for mark, text in re.findall(r"^- \[(.)\] (.+)$", self.sections[place], flags=re.MULTILINE):
                    found[text.strip("~")] = ("~" if text.startswith("~~") else mark, category)
        return found

    def holds(self, question: Question, claim: Claim) -> bool:
        """Whether the claim of a question comes out of the notes."""
        data = claim.data
        if claim.name == "absent":
            return not any(text in self.all for text in data)
        if claim.name == "absent_story":
            topic = {p.split("#")[0] for p in data[0]} - {"Scratch"}
            texts = [text for place, text in self.sections.items() if place in data[0] or place.split("#")[0] in topic]
            return not any(absent in text.split("\n", 1)[-1].lower() for text in texts for absent in data[1])
        if claim.name == "absent_run":
            texts = [entry.text for entry in self.jobs + self.results if entry.what == data[0]]
            return len(texts) > 1 and not any(absent in text.lower() for text in texts for absent in data[1])
        if claim.name == "interval":
            return sorted(j.what for j in self.jobs if data[0] <= j.day <= data[1]) == sorted(data[2])
        if claim.name == "best":
            return self.ranked(*data[:3])[0] == data[3]
        if claim.name in ("first", "count"):
            (option, value), mine = data[0], []
            for job in self.jobs:
                if job.options.get(option, "").strip("'\"") == value.strip("'\""):
                    mine.append(job)
            if claim.name == "count":
                return len(mine) == data[1]
            chosen = mine[0] if data[1] else mine[-1]
            same_day = [j for j in mine if j.day == chosen.day]
            return chosen.day == data[3] and len(same_day) == 1
        if claim.name in ("pair", "figure"):
            metric = data[0] if claim.name == "pair" else data[1]
            names = (
                ((data[1], -1, data[3]), (data[2], -1, data[4])) if claim.name == "pair" else ((data[0], *data[2:]),)
            )
            return all(
                [e.arrays[metric][place] for e in self.results if e.what == name] == [value]
                for name, place, value in names
            )
        if claim.name == "option":
            return self.options(data[0])[data[1]] == data[2]
        if claim.name == "running":
            return [j.what for j in self.jobs if j.text.startswith("-]")] == list(data)
        if claim.name == "task":
            ok = self.tasks()[data[0]][0] == data[1]
            return ok and (not question.as_of or self.tasks(Day.fromisoformat(question.as_of))[data[0]][0] == " ")
        if claim.name == "left":
            left = {t for t, (mark, category) in self.tasks().items() if category == data[0] and mark in " ->"}
            return left == set(data[1])
        if claim.name == "marked":
            return {t for t, (mark, _) in self.tasks().items() if mark == data[0]} == set(data[1])
        return True

    def wrong(self, question: Question, claim: Claim) -> str:
        """What is wrong with a question, or nothing."""
        for place in [p for group in question.sections for p in group] + question.allowed:
            if place not in self.sections:
                return f"no section {place}"
        if not question.answered:
            return "" if self.holds(question, claim) and not question.must else "the notes hold it"
        if not self.holds(question, claim):
            return f"claim {claim.name} does not hold"
        if question.as_of:
            day = Day.fromisoformat(question.as_of)
            if any(d > day for _, d, p, _ in self.dated for group in question.sections for q in group if p == q):
                return "a place later than the day of looking"
        if claim.name in ("count", "first") or (claim.name == "interval" and not question.sections):
            return ""
        cited = " ".join(self.sections[p] for group in question.sections for p in group)
        text = re.sub(r"\s+", " ", cited).lower()
        differences = claim.name == "pair"
        if any(flat in text for flat in map(str.lower, question.never)):
            return "what is never to be shown stands in the gold's own section"
        for forms in question.must:
            if not any(re.sub(r"\s+", " ", form).lower() in text for form in forms) and not differences:
                return f"not in the notes: {forms}"
        return ""


def verify(root: Path, journal: Journal) -> int:
    """Looks every gold up in the written notes; returns how many are wrong and prints them."""
    reader, wrong, seen = Reader(root), 0, set()
    for question, claim in journal.questions:
        problem = reader.wrong(question, claim) or ("asked twice" if question.question in seen else "")
        seen.add(question.question)
        if problem:
            wrong += 1
            print(f"{question.id} {question.kind}: {question.question}: {problem}")
    refused = sum(not q.answered for q, _ in journal.questions)
    if refused < 0.2 * len(journal.questions):
        print(f"only {refused} of {len(journal.questions)} questions have no answer in the notes")
        wrong += 1
    return wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """NAME.py OUT --seed N --notes M [--verify]"""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--notes", type=int, default=40)
    parser.add_argument("--verify", action="store_true")
    given = parser.parse_args(arguments)
    for stale in (given.out / "vault").glob("*.md"):
        stale.unlink()
    questions = make_journal(given.out / "vault", given.seed, given.notes)
    lines = [json.dumps(question.to_json(), ensure_ascii=False) for question in questions]
    (given.out / "questions.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    if not given.verify:
        return 0
    wrong = verify(given.out / "vault", build(given.seed, given.notes))
    print(f"seed {given.seed}: {len(questions)} questions, {wrong} wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
