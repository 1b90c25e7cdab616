"""Names of the field and of the world: architectures, models, tools, venues, tasks. A question that holds one is not
answered by a section that holds neither it nor another name of the same thing."""

from __future__ import annotations

import re

#: Names that are always part of what is asked for. One name a line; other writings of it after it.
_NAMES_TEXT = """
conformer
branchformer
zipformer
squeezeformer
mamba
rwkv
transducer, rnn-t, rnnt
perceiver
mobilenet
efficientnet
squeezenet
densenet
vgg, vggish
unet, u-net
wavenet
tacotron
hifi-?gan, hifigan
vits
vall-?e, valle
diffusion
vae, autoencoder, auto-encoder
wav2vec\\w*, w2v
hubert
wavlm
data2vec
whisper\\w*
xls-?r
xlsr
byol\\w*
simclr
yamnet
panns
self[- ]supervis\\w+, ssl, wav2vec\\w*, hubert, wavlm, data2vec
gpt\\w*, chatgpt
llm, llms, language models?
bert
lora
diari[sz]ation
speaker verification
emotion recognition, emotions?
speech translation, translation
source separation, separat\\w*
beamforming, beamformer, mvdr
lip[ -]?reading
neurips, nips
icml
iclr
aaai
ijcai
cvpr
iccv
eccv
wacv
bmvc
emnlp
naacl
acl
eusipco
waspaa
mlsp
icassp
interspeech
asru
slt
taslp
librispeech
libritts
voxceleb\\w*
timit
switchboard
audioset
urbansound\\w*
esc-?50
common ?voice
musan
fsd50k
kaldi
espnet
speechbrain
fairseq
hugging ?face
openvino
tensorrt
coreml
tflite, tensorflow lite
executorch
android
iphone, ios
arduino
esp32
stm32\\w*
fpga
tpu
espeak\\w*
g2p\\w*, phonemi[sz]er, espeak\\w*
praat, parselmouth
silero
webrtc\\w*
rnnoise
audacity
mturk, mechanical turk
discord
overleaf
zotero
zenodo
google drive
dropbox
"""
#: Tools of every day: "how did I fix the loader in PyTorch?" gives them as the surroundings only.
_EVERYDAY_TEXT = """
github, gh
gitlab
bitbucket
stack ?overflow
pytorch, torch\\w*
tensorflow, tf
keras
jax
numpy
scipy
librosa
sklearn, scikit-learn
onnx\\w*
python
conda
pip
docker, container
singularity, apptainer, container
kubernetes
slurm
cpu, cpus, xeon, epyc, ryzen
linux
ubuntu
debian
macos, mac
jupyter, notebook
colab
wandb, weights & biases
tensorboard
mlflow
hydra
aws, amazon
azure
"""


def _read(text: str) -> tuple[re.Pattern[str], ...]:
    """The pattern of each line's first name and, beside it, that of all its names."""
    found = []
    for line in text.strip().split("\n"):
        names = [name.strip() for name in line.split(",")]
        found.append(
            re.compile(rf"(?<![\w-])(?P<said>{names[0]})(?![\w-])|(?<![\w-])(?:{'|'.join(names)})(?![\w-])", re.I)
        )
    return tuple(found)


_NAMES = _read(_NAMES_TEXT)
_EVERYDAY = _read(_EVERYDAY_TEXT)
#: "Does it run on Windows?": the system, and not what is computed over frames.
_SYSTEM = re.compile(r"\b(?:on|under|for|with) (?P<said>windows|mac)\b(?! of\b| length| size)", re.IGNORECASE)
_STORY = re.compile(
    r"^\W*(?:and |so |but )?(?:how (?:did|do|to|can|could)|why|what (?:was|went|is|goes) wrong|what (?:has "
    r"|had )?(?:stopped|broke|killed|caused|made|helped))\b"
)


def is_field_name(word: str) -> bool:
    """Whether a word is a name of the field."""
    return any(pattern.fullmatch(word) for pattern in (*_NAMES, *_EVERYDAY))


def unheld_name(asked: str, text: str) -> str:
    """A name that the question holds and the section does not, nor another name of the same thing; "" for none.

    Args: asked: the question in small letters. text: of the section, its title and heading included.
    """
    listed = _NAMES if _STORY.search(asked) else (*_NAMES, *_EVERYDAY)
    for pattern in listed:
        said = next((match["said"] for match in pattern.finditer(asked) if match["said"]), "")
        if said and not pattern.search(text.replace("_", " ")):
            return said
    system = _SYSTEM.search(asked)
    return system["said"] if system is not None and not _SYSTEM.search(text) else ""
