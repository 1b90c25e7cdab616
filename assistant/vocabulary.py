"""The words of one vault: options with their values, notes, and the conditions on runs that a text names with them."""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from assistant.english import is_english
from assistant.families import ABOUT_RUNS, learn_families
from assistant.items import Items
from assistant.remembered import per_record
from assistant.spoken import MOST_WORDS, NUMBER, Named, Titles, learn
from fskws.runs import Record
from vault_sync.notes import Task
from vault_sync.terms import MEANING, STOP_WORDS, Term, as_number, distance, stem, terms

#: Stands for an option where runs are meant by what their descriptions have in common.
DESCRIBED = "description"


@dataclass(frozen=True)
class Filter:
    """A condition on a run's settings.

    option: one name, or several with "|" between when any of them may hold it. op: "=", "!=", "<", "<=", ">", ">=",
    "on" (given and neither 0, None nor false) or "off". value: as written; "" for on and off.
    """

    option: str
    op: str
    value: str = ""

    def words(self) -> str:
        """For a reader: "noise_prob = 0.8", "loss_lpc on", 'the description "Plain base model"'."""
        if self.option == DESCRIBED:
            return f'the description "{self.value}"'
        return f"{self.option} {self.op} {self.value}".strip()


class WordStore(Protocol):
    """What the vocabulary needs of the store."""

    def options(self) -> dict[str, dict[str, int]]: ...

    def note_names(self) -> dict[str, str]: ...

    def counts(self) -> dict[str, int]: ...

    def metrics(self) -> dict[str, int]: ...

    def term_counts(self, words: Sequence[str]) -> dict[str, int]: ...

    def similar_terms(self, word: str, limit: int = 4) -> list[str]: ...

    def records(self) -> list[Record]: ...

    def record_word_counts(self) -> dict[str, int]: ...

    def tasks(self) -> Sequence[Task]: ...


#: Everyday words of questions: they ask, they do not name a thing. Told by their stems as well.
EVERYDAY_TEXT = """
able about above according across actual actually add address addressed after again against ago almost along already
alright also although always among another answer any anybody anyone anything anyway anywhere apart apparently appear
around arrive ask assume attempt aware away back background bad basic basically because become before began begin behave
behavior behaviour behind believe below beside besides best better between beyond big bit book both bother bring
brought build built call came care careful cause caused certain certainly change changed check choice choose chose
chosen clear clearly close come compared comparison complete completely concern conclude concluded conclusion
conclusions confirm consequence consider considered contain context continue correct could couldn cover current
currently day days deal decide decided decision deep define definition depend describe described description
determine diary did didn differ difference different difficult direct directly discover discuss does doesn don down
during each earliest early easy effect either else encounter end enough especially etc even ever every everything
exact exactly example except exist expect expected explain explanation extra fact fail failed fall far fault feel
few final finally find finding findings fine finish first fix fixed follow following forget found full further gave
generally gist gives go goes going gone good got great greatest guess half handle handled happen happened happening
hard harmonic hasn haven hear heavy help helped hence here high higher highest hope however hypothesis idea ideas if
important improve include info information inside insight insights instead intend intended interesting involve isn
issue issues itself journal just justified justify keep kept kind kinds knew know known lab large last late lately
later latest lead least leave left less lesson lessons let letting like likely list little long look looked looking
lot low lower lowest made main major make makes making many matter may maybe mean meant mention mentioned might mind
mine minute mistake moment month months more most motivate motivation move much must my myself name namely near
necessary need needed never new newest next nice no nobody none normal normally not note notebook noted notes
nothing notice noticed now observation observe observed obtain obvious occasion occur off often okay old once one
only onto open opinion opinions option options original other others otherwise out outcome outside over overall own
page part particular past people per percent perform perhaps person piece place plan planned plans please possible
possibly present pretty previous previously probably problem problems produce proper properly propose proposed prove
provide purpose put question quick quickly quite rather rationale reach react read real realise realize really
reason reasons recall recent recently record recorded regarding relate related relation remain remark remarks
remember remind report require resolve resolved respect responsible rest result results right role roles run runs
said same saw say saying says scratch see seem seen setting settings several short shortly shouldn show shown side
similar simple simply since situation small solution solve solved some someone something sometimes somewhere soon
spend stand start started stay still stop story strange stuff such suddenly suggest suggested summarise summarize
summary suppose sure tackle tackled take takeaway takeaways taken talk tell then there therefore thing things think
third though thought thoughts throughout thus time times today together told tomorrow too took topic total toward
towards treat tried trouble true try trying turn turned under understand understood unless until up upon usage use
used useful using usual usually various vault versus very via vs wait want wanted wasn way ways week weeks well went
whatever whenever whether while whole whose wish with within without won wonder work worked working works worse
worst would wouldn write written wrong wrote influence influences impact larger smaller bigger longer shorter wider
deeper contrast contribute contribution adding pay pays paid gimme overview effect effects gap gaps count status array
arrays year years yes
yesterday yet
"""
EVERYDAY = frozenset(EVERYDAY_TEXT.split())
#: Verbs, adjectives and numbers that carry a question on without naming its subject: they weigh little, and one that no
#: note holds refuses nothing.
SOFT_TEXT = """
abandon abrupt absolute absurd accept accident accompany accomplish account achieve acquire act active adapt adapted
addition additional adequate adjust adjusted admit adopt adopted advance advantage advice advise affect afraid
afternoon age agree aid aim alive allow alone alternate alternative altogether amount angry announce annoy annoying
appropriate approve approximate approximately argue arise arrange arrival aside assign assist associate attach attend
attract automatic available avoid awful awkward bear beat beautiful beginning belief belong benefit bet blame blind
blow borrow bound brave break brief briefly bright brilliant broad brother bug bugs burn busy buy called calm cancel
cancelled capable case cases catch caution cautious ceased chance cheap cheaper classic clean clever clumsy coarse
collapse collapsed colleague collect collected combine combined comfortable comment commit common commonly compare
complain complicated compute concrete confident confirmed confuse confused confusing connect connected consequently
conserve consistent constant constantly consult content continually contradict contradiction contrary contribute
control convenient convince convinced cope correctly costly crazy create critical crucial cry curious cut damage
danger dangerous dare dark date dead dear decent decline decrease decreased dedicate defer deferred deferring delay
delayed delete deleted deliberately demand deny dependent deserve desire despite destroy detail details develop
developed die differently differs dig dirty disable disabled disagree disappear disappeared disappoint disappointed
disappointing discard discarded discovered dislike dismiss dismissed distinguish disturb divide dominant doubt
doubtful drastic drastically draw drawback drive drop dropped dropping due dull dump eager earlier earn ease easier
easily eat effective efficient effort eight elegant eleven eliminate embarrassing emphasise emphasize empty enable
enabled encountered encourage endless enjoy enormous ensure enter entire entirely entry equal equally equivalent error
errors essential essentially establish estimate evaluate eventually evident evil examine exceed excellent excess
excessive exchange excited exclude excluded exclusively excuse exhausted existing expand expensive experience explicit
explicitly explode exploded explore expose express extend extended extensive extent extreme extremely fair fairly
faith false familiar famous fancy fast faster fastest favorite favour favourite fear feasible fewer fifth fight figure
fill filled firm fit fits five fixing flat flawed focus followed foolish force forced foremost forgot forgotten form
formal former forth fortunate four fourth fragile free freely frequent frequently fresh frustrating fulfil fully fun
fundamental funny furthermore future gather gathered general generate generated gentle glad gradual gradually grand
greatly grow grown guarantee guide guy habit hand handy hang hanging happens happy harm harmful hate heavily hesitate
hidden hide hint hit hold holding honest hopeless horrible huge hundred hung hurry hurt hurts identical identified
identify ignore ignored ill illustrate imagine immediate immediately impact imply importance impossible impress
impression improper improved improvement improvements inadequate incorrect incorrectly increase increased incredible
indeed independent indicate indicated inefficient inform initial initially inspire install installed instant
insufficient intention intentional interest interested interfere intermediate interpret introduce introduced invent
invented invest investigate investigated invite irrelevant irritating isolate isolated join judge jump keen kick kill
killing knock lack lacking launch lay lazy learn learned lie lies lift liked limit limited line literally live locate
logical lonely longer longest loose lose losing lost loud love luck luckily lucky mad mainly maintain majority man
manage managed manual manually mark marked massive match mature maximum meaning meaningful meanwhile measure measured
meeting mend merely mess messy method mild minimal minimum minor miss missed missing moderate modern modest modified
modify morning mostly motivated multiple mysterious mystery naive narrow natural naturally nearby nearly neat needless
negative negligible neither nervous neutral nicely night nine noble nonsense notable notably noticeable number obey
objection obscure obtained obviously occasional occasionally occurred occurring odd oddly offer omit omitted ongoing
opposed opposite optimal optimum order ordinary organise organize originally ought outperform outperformed overcome
overlook overnight owe pain painful pair partial partially partly pass passed patient pause pay perfect perfectly
permanent permit persist persistent persuade pick picked pity plain plausible play pleasant plenty plot plots plus
point pointless poor poorly pops popular positive possess possibility postpone postponed potential potentially
powerful practical practically precise precisely prefer preferred preliminary prepare prepared prevent prevented
primarily primary principal print prior probable proceed profit progress promise promising promote prompt prone proof
proportion protect proud proven pull punish pure purely push qualify quantity quiet quit raise raised randomly rapid
rapidly rare rarely rational reached ready realised realistic reasonable reasonably receive recognise recognize
recommend recommended reconsider recover reduce reduced reduction redundant refer refuse refused regard regardless
regret regularly reject rejected relative relatively relax release relevant reliable reliably relief reluctant rely
remarkable remedy remove removed rename renamed repair repeat repeated repeatedly replace replaced reply represent
request rescue resemble reset resist respond restart restarted restore restored restrict restricted retract retracted
retraction reveal revealed reversed revert reverted review revise revisit rid ridiculous risk risky root rough roughly
round routine rude ruin rule ruled rush sad safe safely sake satisfied satisfy satisfying scare scrap scrapped second
secret secure seek seldom select send sense sensible sensitive separate separated serious seriously serve set seven
severe severely shake share sharp shifted shock shortcoming shortest shut sign significance significant significantly
silent silly simplified simplify simultaneously single sit six skeptical skip skipped slight slightly slip slow slower
slowest slowly smart smooth social soft solid sorry sort spare speaks special specific specifically spent spoil spot
stable stare state steady step steps stick stopping strategy strength strengthen stress strict strictly strike strong
stronger strongly struggle struggled struggling stuck stupid subsequent subsequently substantial substantially
substitute succeed succeeded success successful successfully sudden suffer suffered sufficient sufficiently
suggestions suit suitable superior supply supposed supposedly surely surprise surprised surprising surprisingly
suspect suspected suspicious switch switched taking task tasks tells ten tend tendency terrible terribly terrific test
tested thorough thoroughly thousand threaten three throw thrown tidy tight tiny tired todo tolerate top totally touch
tough trace traced translate trial trick tricky trigger triggered triple trivial troublesome truly trust twelve twice
two type typical typically ugly ultimate ultimately unable unclear undo undone unexpected unexpectedly unfair
unfortunately unhappy unique unknown unlike unlikely unnecessary unrelated unstable unsuccessful untouched unusual
unusually update updated upgrade upper upset urge urgent useless utter vague valid valuable vanish vanished varied
vary vast verified verify versatile version view vital wake walk warn waste wasted watch weak weaken weakness weird
wide widely wild willing win wisely withdraw withdrawn withdrew woman word words worried worry worthless worthwhile
worthy wrongly zero level levels rule guideline advice feedback decision downside upside pros cons tradeoff symptom
culprit origin event incident evening noon remark statement claim argument view impression feeling suspicion
expectation hope wish need requirement duty goal aim intention motivation evidence instance sort couple bunch anymore
nowadays meantime forever hassle nuisance bothered bother ended happening experience experiences essence core gist
catch snag hiccup setback breakthrough shortcut hack mess chaos disaster rescue surprise joke nasty ok okay wonky
flaky spooky dumb median item items oldest cited cite citing diverge diverges diverging helpful harmful beneficial
weakest strongest begin begun grateful conflict conflicts kindly obliged glad preferable inferior superior advisable
outdo outdid surpass surpassed overtake beaten yield yielded yields deliver delivered delivers reaching attain
attained attains accomplishment accomplished respect regards terms judging judged measured sorted ordered ascending
descending chronological chronologically respectively altogether total totals across carry carried conduct conducted
perform performed performing undertake undertaken undertook execute executed submit submitted involve involved
involving featured employ employed employing apply applied applying present absent turned enabled equip equipped
configure configured setup setups variant variants attempt attempts attempted iteration iterations occasion occasions
instance instances appear appeared appears occur occurred twice thrice once combine combined together alongside
jointly simultaneously solely alone merely exclusively stand stands stood held achieve achieving obtain obtaining gain
gained comparing comparable compared versus opposed relative relation advantage ahead behind win wins winner winning
lose loses loser losing victor champion leading tops topped bullet glance nutshell short brief briefly happened done
finished completed started ended crashed broke died aborted stopped interrupted doubtful trustworthy credible
believable legit legitimate sane sanity reliable unreliable bogus dubious questionable mistaken mistake mistakenly
erroneous erroneously accidental accidentally inadvertently wrongly falsely outstanding unresolved unticked unchecked
checked ticked pending incomplete postpone procrastinate shelved abandoned parked paused suspended resumed resume
ongoing underway midst middle whichever whatever wherever whoever anyhow somehow somewhat kinda sorta gonna wanna
gotta lemme remembering recalling wondering asking looking searching browsing digging checking verifying confirming
ours yours theirs hers himself herself themselves ourselves yourself somebody everybody recap idle rank ranked ranking
rankings bottom largest biggest smallest tiniest through met became becomes statistics statistic counterpart occupy
occupied occupying occupies digest roundup synopsis rundown laid lying clue clues scribble scribbled jot jotted
compiling fetch fetched fetching dug unearth unearthed retrieve retrieved grab grabbed pinpoint glimpse peek skim
flipped doublecheck crosscheck land landed lands landing befall befell befallen fare fate forgetting recollect
recollection wonders curiosity presume presumably relied quote quotes quoted quoting answers replied loved prefers
hated sent shipped dispatched queued led precede preceded preceding lag lags lagged trailed excel excels excelled
shine shines shone topping crowned defeat defeated rise rises rose risen fell fallen climb climbs climbed climbing
sink sinks sank sunk soar soared plunge plunged dip dips dipped leap leapt deviate deviates deviated changes equalled
tally tallied juxtapose pit pitted hitting scored scoring coped handles produces given giving leaves commence
commenced concludes halt halted continues putting places positioned exploit exploited utilise utilize utilised
utilized includes comprise comprised consist consists unite mingle assess assessed assessing gauge gauged rated
appraise anticipate anticipated foresee foreseen planning aimed proposes urged disagreed insist insisted decides
chooses settle settles settled opt opted resolves considers ponder pondered reflect reflected learnt notices observes
felt clarify clarified describes writes matters causes triggers provoke provoked forbid forbidden ban banned guilty
obstacle hurdle stumbling pitfall pitfalls manner fashion approach approaches procedures recipes affair affairs aspect
aspects examples occurrence portion portions halves variety remainder dealt tonight hour formerly beforehand
afterwards backwards backward forward forwards upwards downwards sideways inclusive wholly chiefly frankly definitely
nevertheless nonetheless moreover based dated front row rows blank far failure failures group workload category
underneath beneath likely activity graphics somewhere elsewhere restricting restrict confine concentrate concerning
worth interim respective maximal minimal personal halfway poorest calendar tops worth 1st 2nd 3rd 4th 5th 6th 7th 8th
9th 10th
"""
SOFT = frozenset(SOFT_TEXT.split())
_SOFT_STEMS = frozenset(stem(word) for word in SOFT)
#: Adjectives whose comparative is as soft as they are.
_COMPARED_TEXT = """
weak strong sharp rough smooth soft hard deep wide loud quiet clean clear tight loose narrow broad rare safe fair harsh
light heavy dark bright cold warm new old young late nice simple close near dense coarse fine mild steep flat thick thin
tough poor rich strict great cheap fast slow quick long short large small high low full plain stable neat fresh
"""
_COMPARED = frozenset(_COMPARED_TEXT.split())
_SOFT_WEIGHT, _ABSENT_SOFT_WEIGHT = 0.3, 0.1

#: Words about runs in general: they select no run, and a section that holds only these answers nothing.
RUN_WORDS_TEXT = """
acc accuracies accuracy achieve achieved anything best box called card cards cluster command commands compute computer
config configuration configurations crash crashed day earliest ended everyone everything execute executed experiment
experiment's experimented experiments fail failed figure figures final finish finished gave give gpu gpus gsc2 happen
hardware harmonic highest hm hours incremental invalid job jobs kill killed lab latest launch launched list log logged
lowest machine mean metric metrics model models month named newest night node number numbers obtain obtained one ones
option options overall percent performance performances previous prior produced ran reach reached recent report
reported rerun result results retracted run running runs score scores server servers setting settings setup setups
show something start started stop stopped thing top total train trained training trainings trial trials trusted use
used using value values variant variants version versions week with without workstation worst wrong
"""
RUN_WORDS = frozenset(RUN_WORDS_TEXT.split())

#: Words of settings and protocol: no condition on a run by themselves.
SETTING_WORDS_TEXT = """
amount average base baseline code data dataset epoch epochs keyword keywords layer layers default gap learning method
methods module modules network networks noise nan novel number old strength weight weights project projects rate seen
size session sessions spotting unseen typical usual usually
"""
SETTING_WORDS = frozenset(SETTING_WORDS_TEXT.split())


#: Everyday names of options: words -> parts an option's name must have.
_SAID: tuple[tuple[str, frozenset[str]], ...] = tuple(
    (said, frozenset(parts.split()))
    for said, parts in (
        ("learning rate", "lr"),
        ("base learning rate", "lr base"),
        ("weight decay", "decay"),
        ("batch size", "batch size"),
        ("number of epochs", "epochs"),
        ("epochs", "epochs"),
        ("epoch", "epochs"),
        ("noise probability", "noise prob"),
        ("noise", "noise prob"),
        ("sequence layer", "sequential layer"),
        ("sequence module", "sequential layer"),
        ("sequence model", "sequential layer"),
        ("sequential module", "sequential layer"),
        ("spec augment", "spec aug"),
        ("specaugment", "spec aug"),
        ("spec augmentation", "spec aug"),
        ("softmax temperature", "temperature"),
        ("lr schedule", "schedule"),
        ("scheduler", "schedule"),
        ("shots", "shot"),
        ("ways", "way"),
        ("lpc loss", "loss lpc"),
        ("longer training", "epochs"),
        ("training longer", "epochs"),
        ("train longer", "epochs"),
        ("trained longer", "epochs"),
        ("batchsize", "batch size"),
        ("batch", "batch size"),
        ("batches", "batch size"),
        ("seq module", "sequential layer"),
        ("seq model", "sequential layer"),
        ("step size", "lr"),
        ("dropout rate", "dropout"),
    )
)
#: Words of a question that stand for a part of an option's name.
_PART = {
    "probability": "prob", "classification": "cls", "embedding": "emb", "embeddings": "emb", "reconstruction": "rec",
    "formant": "formant", "formants": "formant", "residual": "residual", "residuals": "residual",
    "sequence": "sequential", "losses": "loss", "epoch": "epochs", "augmentation": "aug", "augment": "aug",
}  # fmt: skip
#: Parts that are no name on their own.
_WEAK_PARTS_TEXT = """
loss base mode metric new size gpu only file from load model final replace num data dir path root name similarity
features pri classes class session way shot dataset project matrix vector logit guideline train test list seed id
prob emb rec cls layer max min rate number device output input log save words noise_dir cache
"""
_WEAK_PARTS = frozenset(_WEAK_PARTS_TEXT.split())
_OFF_WORDS = frozenset(("without", "no", "not", "excluding", "minus", "lacking", "disabled"))
_VALUE_JOINTS_TEXT = """
= of is was to at : set equal equals being value around had has have having the were exactly
weight strength fixed kept held coefficient length depth width level factor amount
"""
_VALUE_JOINTS = frozenset(_VALUE_JOINTS_TEXT.split())
_COUNTS_LAYERS, _NEVER = re.compile(r"[ -](?:\w+ )?layers?\b", re.IGNORECASE), re.compile(r"(?!)")
#: What parts two clauses: "smaller learning rate, 60 epochs" gives the learning rate no value.
_PARTED = re.compile(r"[,;\n]|[.!?](?:\s|$)|\s[-–+&]\s")
OPERATORS: tuple[tuple[str, str], ...] = (
    (r"(?:>=|at least|no less than|not below)", ">="),
    (r"(?:<=|at most|no more than|not above|up to)", "<="),
    (
        r"(?:>|above|over|greater than|more than|higher than|larger than|better than|"
        r"bigger than|exceed(?:s|ed|ing)?)",
        ">",
    ),
    (r"(?:<|below|under|less than|lower than|smaller than|worse than)", "<"),
    (r"(?:!=|other than|not equal to|different from)", "!="),
)
_ZERO = frozenset(("", "0", "none", "false", "off", "no", "null"))
#: Everyday or field words that are values of options only beside a word of runs ("comp model", "trans project").
_SHY_VALUES_TEXT = """
base comp fact trans primitive none true false spec attention cosine dot avg new small big large test train best
mean last first cos on off yes no full half standard default normal all fast slow random
"""
_SHY_VALUES = frozenset(_SHY_VALUES_TEXT.split())

#: What "base" tells of where it is no project: "base training", "base epochs".
_OF_BASE_TEXT = """
training trainings epochs epoch session sessions batches batch classes class lr learning accuracy acc words performance
stage phase set step steps
"""
_OF_BASE = frozenset(_OF_BASE_TEXT.split())
_BESIDE = frozenset(
    [
        "model",
        "models",
        "project",
        "projects",
        "mode",
        "run",
        "runs",
        "experiment",
        "experiments",
        "method",
        "training",
        "module",
        "code",
    ]
)

_TOKEN = re.compile(
    r"\d*\.\d+(?:e[-+]?\d+)?|\d+(?:e[-+]?\d+)?%?(?![\w.]*[A-Za-z_])|[\w][\w.'’-]*\w|\w|"
    r"[<>!]=|[<>=:]",
    re.UNICODE,
)


@dataclass(frozen=True)
class _Word:
    text: str
    start: int
    end: int
    number: float | None


class Vocabulary:
    """The words of one vault: options with their values, notes, and how common each word is."""

    def __init__(
        self,
        options: Mapping[str, Mapping[str, int]],
        notes: Iterable[str],
        chunks: int,
        term_counts: Callable[[Sequence[str]], Mapping[str, int]],
        similar_terms: Callable[[str], Sequence[str]],
        records: Iterable[Record] = (),
        metrics: Iterable[str] = (),
        run_words: Mapping[str, int] | None = None,
        tasks: Callable[[], Sequence[Task]] | None = None,
    ) -> None:
        self._tasks = tasks
        self.options = {name: dict(values) for name, values in options.items() if name}
        self.notes = tuple(notes)
        self.chunks = max(1, chunks)
        self.metrics = tuple(metrics)
        self._term_counts = term_counts
        self._similar_terms = similar_terms
        self._counted: dict[str, int] = {}
        #: What texts of records name; for good where that does not rest on how often the notes hold a word.
        self._told: dict[str, tuple[Filter, ...]] = {}
        self._told_for_good: dict[str, tuple[Filter, ...]] = {}
        self._rested_on_counts = False
        self.run_words: dict[str, int] = dict(run_words or {})
        self.record_ids: set[str] = set()
        #: A figure that stands in results -> the runs that have it.
        self.figures: dict[float, tuple[str, ...]] = {}
        records = tuple(records)
        #: How descriptions speak of options.
        self.spoken = learn(records)
        #: The runs by their descriptions.
        self.titles = Titles(records)
        #: The runs that go together by their descriptions.
        self.families = learn_families(records)
        for record in records:
            self.record_ids.add(record.id)
            for value in record.metrics.values():
                for number in value if isinstance(value, list | tuple) else ():
                    if isinstance(number, int | float) and record.id not in self.figures.get(number, ()):
                        self.figures[number] = (*self.figures.get(number, ()), record.id)
            for word in record_words(record) if run_words is None else ():
                self.run_words[word] = self.run_words.get(word, 0) + 1
        self._by_parts: dict[frozenset[str], str] = {}
        for name in sorted(self.options, key=lambda n: (-sum(self.options[n].values()), n)):
            parts = option_parts(name)
            self._by_parts.setdefault(parts, name)
            if "cls" in parts and len(parts) > 2:  # "Residual class loss".
                self._by_parts.setdefault(parts - {"cls"} | {"class"}, name)
        for name in sorted(self.options, key=lambda n: (len(n), -sum(self.options[n].values()))):
            parts = option_parts(name) - {"base"}
            if parts and not parts <= _WEAK_PARTS:
                self._by_parts.setdefault(parts, name)
        #: Two parts that one option's longer name alone has: "matrix metric" for matrix_loss_metric.
        self._by_two: dict[frozenset[str], str] = {}
        for name in self.options:
            named = sorted(option_parts(name))
            for pair in itertools.combinations(named, 2) if 3 <= len(named) <= 6 else ():
                two = frozenset(pair)
                self._by_two[two] = "" if two in self._by_two else name
        self._said: dict[tuple[str, ...], str] = {}
        for said, parts in _SAID:
            fits = [name for name in self.options if parts <= option_parts(name)]
            if fits:
                self._said[tuple(said.split())] = min(fits, key=lambda n: (len(option_parts(n)), len(n)))
        for name_said, option in self.spoken.names.items():
            self._said.setdefault(name_said, option)
            self._said.setdefault((*name_said[:-1], name_said[-1].removesuffix("s")), option)
        self._single: dict[str, str] = {}
        for name in sorted(self.options, key=lambda n: (len(option_parts(n)), len(n), n)):
            for part in option_parts(name) - _WEAK_PARTS:
                self._single.setdefault(part, name)
        self._values: dict[str, list[tuple[str, str]]] = {}
        for name, values in self.options.items():
            for value in values:
                key = value.strip("'\"").lower()
                if re.search(r"[a-z]", key) and key not in _ZERO and key != "true" and "/" not in key and len(key) > 1:
                    self._values.setdefault(key, []).append((name, value.strip("'\"")))

    @classmethod
    def from_store(cls, store: WordStore, before: Vocabulary | None = None) -> Vocabulary:
        """The vocabulary of an index. before: an older one of the same index; what it has read stays read."""
        made = cls(
            options=store.options(),
            notes=store.note_names().values(),
            chunks=store.counts()["chunks"],
            term_counts=store.term_counts,
            similar_terms=store.similar_terms,
            records=store.records(),
            metrics=store.metrics(),
            run_words=store.record_word_counts(),
            tasks=getattr(store, "tasks", None),
        )
        if before is not None and made._reads_as(before):
            made._told_for_good = before._told_for_good
        return made

    def _reads_as(self, other: Vocabulary) -> bool:
        """Whether both know the same options and values, so that a text names the same settings."""
        names = ("_by_parts", "_said", "_single", "_values", "spoken")
        return all(getattr(self, name) == getattr(other, name) for name in names) and all(
            list(values) == list(other.options.get(option, ())) for option, values in self.options.items()
        )

    def names_setting(self, word: str, options: Iterable[str]) -> bool:
        """Whether the runs' descriptions use a word as a name for one of these options: "room reverb" where it says
        "Room reverb, `rir_prob` 0.5" each time."""
        return not self.spoken.beside.get(stem(word), frozenset()).isdisjoint(options)

    @functools.cached_property
    def items(self) -> Items:
        """The items of the to-do notes; those of the run logs are none."""
        listed = self._tasks() if self._tasks is not None else ()
        logs = re.compile(r"(?:.*/)?(?:server|experiments)(?:\.md)?", re.IGNORECASE)
        return Items(task.text for task in listed if not logs.fullmatch(task.note))

    def count(self, word: str) -> int:
        """In how many chunks a word stands, in any of its forms; 0 when nowhere."""
        key = word.lower()
        if key not in self._counted:
            found = [form for term in terms(key) for form in (*inflected(term.text), *_joined_parts(term))]
            self._counted[key] = max([*self._term_counts(found).values(), 0])
        return self._counted[key]

    def slips(self, word: str) -> tuple[str, ...]:
        """Words of the vault that this one may be a slip of."""
        return tuple(self._similar_terms(word.lower()))

    def known(self, word: str) -> bool:
        """Whether a note or run holds the word, slips forgiven."""
        key = word.lower()
        return bool(self.count(key) or key in self.run_words or stem(key) in self.run_words or self.slips(key))

    def weight(self, word: str) -> float:
        """How telling a word is: the rarer, the more; verbs and the like hardly."""
        general = word in RUN_WORDS or (word in SETTING_WORDS and not self.count(word))
        if is_soft(word) or general or (is_verbal(word) and not self.count(word)):
            return self._rarity(word) * (_SOFT_WEIGHT if self.count(word) else _ABSENT_SOFT_WEIGHT)
        return self._rarity(word)

    def _rarity(self, word: str) -> float:
        count = self.count(word) or max((self.count(slip) for slip in self.slips(word)), default=0)
        return math.log(1 + self.chunks / count) if count else math.log(1 + self.chunks)

    # -- options and values --------------------------------------------------------------------------------------------

    def option(self, word: str) -> str:
        """The option that a word names in full, in any order of its parts, slips forgiven; "" when none."""
        if word in self.options:
            return word
        lower = word.lower().lstrip("-")
        found = self._by_parts.get(option_parts(lower)) if "_" in lower else None
        if found or lower in self.options:
            return found or lower
        if "_" in lower and len(lower) > 5:
            near = [(distance(lower, name, 2), name) for name in self.options if abs(len(name) - len(lower)) <= 2]
            near = sorted(pair for pair in near if pair[0] <= (2 if len(lower) > 8 else 1))
            if near:
                return near[0][1]
        return ""

    def value(self, word: str, beside_run_word: bool) -> list[tuple[str, str]]:
        """(option, value) pairs of a word that is a value somewhere in this vault's commands."""
        lower = word.lower().strip("'\"")
        for key in (lower, lower.removesuffix("s"), lower.removesuffix("-based")):
            if key in self._values:
                return [] if key in _SHY_VALUES and not beside_run_word else self._values[key]
        if len(lower) >= 6 and lower.isalpha():
            near = [key for key in self._values if len(key) >= 6 and key.isalpha() and distance(lower, key, 1) <= 1]
            self._rested_on_counts = self._rested_on_counts or bool(near)
            if len(near) == 1 and not self.count(lower):
                return self._values[near[0]]
        return []

    def told(self, record: Record) -> tuple[Filter, ...]:
        """The settings that a record's own words name; slow once a record, then remembered."""
        text = _own_words(record)
        found = self._told_for_good.get(text)
        if found is None:
            found = self._told.get(text)
        if found is None:
            self._rested_on_counts = False
            read = read_filters(text, self, families=False)
            found = tuple(one for one in read.filters if one not in read.weak or not _by_a_part_of_all(one, text))
            (self._told if self._rested_on_counts else self._told_for_good)[text] = found
        return found


#: What every run works on.
_PARTS_OF_ALL = frozenset(("frame", "frames", "clip", "clips", "word", "words", "class", "classes", "band", "bands"))


def _by_a_part_of_all(one: Filter, text: str) -> bool:
    """ "LSTM on the frames" of a description turns no `drop_frames` on."""
    if one.op != "on":
        return False
    held = set(re.findall(r"[a-z]+", text.casefold()))
    named = held & {part for name in one.option.split("|") for part in re.split(r"[_\-]+", name.casefold())}
    return named <= _PARTS_OF_ALL


#: Words that decide what a question wants: a slip of one of them is read as it.
_CUES_TEXT = """
what which when where have has did does were was how many much best worst first last latest highest lowest higher
lower runs experiments experiment training trained tried used using with without between since until before after
compare better worse than result results harmonic accuracy session sessions noise epochs learning batch layer tasks
task open finished failed stopped doing running wrong trusted write wrote about idea ideas solve solved problem notes
note yesterday today week month show list next should unseen mean
"""
_CUES = tuple(word for word in dict.fromkeys(_CUES_TEXT.split()) if len(word) > 3)
_SLIPS = {
    "mny": "many", "hw": "how", "wich": "which", "wen": "when", "tmrw": "tomorrow", "tomorow": "tomorrow",
    "nxt": "next",
    "nr": "number", "nbr": "number", "hav": "have", "wht": "what", "wat": "what",
    "gimme": "give me", "lemme": "let me", "wanna": "want to", "gonna": "going to",
    "yday": "yesterday", "tdy": "today", "smth": "something", "bout": "about", "cuz": "because",
    "waht": "what", "teh": "the", "tryed": "tried",
    "whcih": "which", "runed": "ran", "runned": "ran", "hte": "the", "dose": "does", "becuase": "because",
    "whn": "when", "wher": "where", "thrid": "third", "exp": "experiment", "exps": "experiments", "didnt": "didn't",
    "cant": "can't", "dont": "don't", "shouldnt": "shouldn't", "couldnt": "couldn't", "arent": "aren't",
    "werent": "weren't", "hasnt": "hasn't", "wouldnt": "wouldn't",
    "doesnt": "doesn't", "isnt": "isn't", "havent": "haven't", "wasnt": "wasn't", "whats": "what's",
}  # fmt: skip


def respelt(text: str, vocabulary: Vocabulary) -> str:
    """A question with the slips in its everyday words mended; words that the vault holds, other English words ("logs"
    is no "loss"), names and figures stay."""
    values = {word for said in vocabulary._said for word in said} | set(vocabulary._values)
    cues = (*_CUES, *(word for word in values if len(word) > 3 and word.isalpha()))

    def mended(match: re.Match[str]) -> str:
        word = match.group()
        lower = word.lower()
        if lower in _SLIPS and not vocabulary.options.get(lower) and (lower != "dose" or match.start() == 0):
            return _SLIPS[lower]
        named = word != lower and match.start() > 0
        known = lower in cues or is_everyday(lower) or is_soft(lower) or lower in RUN_WORDS
        if len(word) < 4 or named or known:
            return word
        near = [cue for cue in cues if cue[0] == lower[0] and abs(len(cue) - len(lower)) <= 1]
        near = [cue for cue in near if distance(lower, cue, 1) <= 1]
        stemmed = bool(near) and stem(near[0]) == lower  # The vault's words are counted by their stems too.
        if not near or lower in STOP_WORDS or (is_english(lower) and not stemmed):
            return word
        return near[0] if stemmed or not (vocabulary.count(lower) or lower in vocabulary.run_words) else word

    return re.sub(r"(?<![\w/.`\[#-])[A-Za-z]{2,}(?![\w/.`\]#-]|'\w)", mended, text)


@per_record
def _own_words(record: Record) -> str:
    return "\n".join(part for part in dict.fromkeys((record.title, record.description)) if part)


def is_everyday(word: str) -> bool:
    """Whether a word only asks; see EVERYDAY. Told by its inflections as well."""
    if word in EVERYDAY:
        return True
    return any(
        form in EVERYDAY and len(word) - len(form) <= 3 for form in (stem(word), *inflected(word))
    )  # "asked" is short.


def is_soft(word: str) -> bool:
    """Whether a word only carries the question on; see SOFT. A bare number names nothing either."""
    base = stem(word)
    if word.endswith(("er", "ers")) and word not in SOFT:  # "Sharper" is soft; a reviewer and a driver are things.
        return word[:-2] in _COMPARED or word[:-1] in _COMPARED
    inflection = len(word) - len(base) <= 3 and base in _SOFT_STEMS  # "normalization" is no form of "normal".
    return word in SOFT or word.replace(".", "").isdigit() or (word not in RUN_WORDS and inflection)


def inflected(word: str) -> tuple[str, ...]:
    """The forms a word may have in the notes: itself, its stem, and the verb of a participle ("moving": move)."""
    if word.endswith("er") and len(word) > 4:
        return word, f"{word}s"  # A loader is not what was loaded.
    forms = [word, stem(word)]
    ending = next((e for e in ("ing", "ed") if word.endswith(e) and len(word) - len(e) >= 3), "")
    if ending and word.isalpha():
        base = word[: -len(ending)]
        forms.extend((base, f"{base}e"))
        if base[-1] == base[-2]:
            forms.append(base[:-1])
    return tuple(dict.fromkeys(forms))


def is_verbal(word: str) -> bool:
    """Whether a word has the ending of a participle or an adverb: "removed", "slowly"."""
    return len(word) > 5 and word.endswith(("ed", "ly"))


def option_parts(name: str) -> frozenset[str]:
    """The words of an option's name; `a_freq` counts as formant, `res` as residual."""
    padded = f"_{name.lower()}_"
    for short in ("a_freq", "res"):
        padded = padded.replace(f"_{short}_", f"_{MEANING[short]}_")
    return frozenset(_PART.get(part, part) for part in re.split(r"[_\-]+", padded) if part)


@per_record
def record_words(record: Record) -> frozenset[str]:
    """The words a run is told by: title, description, remarks, settings."""
    parts = [record.title, record.description, *record.remarks, *record.verdicts, record.cause, " ".join(record.argv)]
    parts.extend(f"{name} {value}" for name, value in record.config.items())
    found: set[str] = set()
    for term in terms("\n".join(parts)):
        found.update((term.text, stem(term.text), *term.parts))
    return frozenset(found)


@dataclass(frozen=True)
class FilterReading:
    """Filters read from a text. used: spans of the text they came from. weak: filters that rest on one part of an
    option's name alone. bare: (option, start) of the options that are named without a value. titled: the runs that
    are named by their whole descriptions. families: spans of the names of runs that go together."""

    filters: tuple[Filter, ...] = ()
    used: tuple[tuple[int, int], ...] = ()
    weak: tuple[Filter, ...] = ()
    bare: tuple[tuple[str, int], ...] = ()
    titled: tuple[str, ...] = ()
    families: tuple[tuple[int, int], ...] = ()


def read_filters(
    text: str, vocabulary: Vocabulary, eager: bool = False, titles: bool = False, families: bool = True
) -> FilterReading:
    """The conditions on settings that a text names: `noise_prob` 0.8, without noise, 100 epochs, GRU, ...

    Args: eager: everyday words that are values somewhere count as such ("base" in "base against trans").
        titles: runs may be named by their descriptions, whose words are then no conditions.
        families: runs may be named by what their descriptions have in common: "the label smoothing runs".
    A later condition on the same option and value replaces nothing: a text may name two values to compare.
    """
    return _FilterReader(text, vocabulary, eager).read(titles, families)


class _FilterReader:
    def __init__(self, text: str, vocabulary: Vocabulary, eager: bool) -> None:
        self.text = text
        self.vocabulary = vocabulary
        self.eager = eager
        # "2 GRU layers" counts them, where no option does.
        counts_layers = _NEVER if any("layers" in option_parts(name) for name in vocabulary.options) else _COUNTS_LAYERS
        self.words = [
            _Word(match.group().strip("'"), match.start(), match.end(), _float(match.group()))
            for match in _TOKEN.finditer(text)
            if not (match.group().isdigit() and counts_layers.match(text, match.end()))
        ]
        self.filters: list[Filter] = []
        self.weak: list[Filter] = []
        self.by_family: list[Filter] = []
        self.families: list[tuple[int, int]] = []
        self.used: list[tuple[int, int]] = []
        self.bare: list[tuple[str, int]] = []

    def read(self, titles: bool, families: bool) -> FilterReading:
        families = families and bool(ABOUT_RUNS.search(self.text))
        position = 0
        while position < len(self.words):
            position = (
                (self.family_at(position) if families else None)
                or self.spoken_at(position)
                or self.option_at(position)
                or self.value_at(position)
                or position + 1
            )
        titled = self.vocabulary.titles.named(self.text) if titles else []
        titled = [one for one in titled if self.tells_all([one] if not one.whole else titled)]
        for one in titled:
            # "The layer Transformer on the frames": the option of the frames is no condition, nor is it asked for.
            # So is that of the word right behind it: "the frame dropout of 20 frames".
            inside = {name for name, at in self.bare if one.start <= at <= one.end + 1}
            self.bare = [(name, at) for name, at in self.bare if not one.start <= at <= one.end + 1]
            told = {name for name, _ in self.bare}
            self.filters = [each for each in self.filters if each.op != "on" or each.option not in inside - told]
            self.used.append((one.start, one.end))
        for on in self.by_family:  # "Late frozen classifier with `epoch_freeze` 20": the value says it all.
            if any(each.option == on.option and each.op == "=" for each in self.filters):
                self.filters.remove(on)
        unique = tuple(dict.fromkeys(self.filters))
        ids = tuple(sorted(titled[0].ids)) if titled else ()
        return FilterReading(unique, tuple(self.used), tuple(self.weak), tuple(self.bare), ids, tuple(self.families))

    def tells_all(self, named: Sequence[Named]) -> bool:
        """Whether nothing beside the descriptions is a condition: "three layers, 60 epochs" names no run by its three
        layers."""
        bare = {at for _, at in self.bare}
        return all(start in bare or any(one.start <= start < one.end for one in named) for start, _ in self.used)

    def lower(self, position: int) -> str:
        return self.words[position].text.lower() if 0 <= position < len(self.words) else ""

    def family_at(self, position: int) -> int | None:
        """Runs that go together by their descriptions: "the label smoothing runs", "label smoothing of 0.25"."""
        words = [word.text for word in self.words]
        called = self.vocabulary.families.named_at(words, [word.number for word in self.words], position)
        if called is None or any(
            _PARTED.search(self.between(at, at)) for at in range(called.first + 1, called.last + 1)
        ):
            return None
        family = called.family
        operator = "!=" if self.negated(called.first) else "="
        if not family.own:
            self.filters.append(Filter(DESCRIBED, operator, family.name))
        if called.value:
            self.filters.append(Filter(family.option, operator, called.value.rstrip("%")))
        elif family.own:
            self.filters.append(Filter(family.option, "off" if operator == "!=" else "on"))
            self.by_family.append(self.filters[-1])
        self.used.append((self.words[called.first].start, self.words[called.last].end))
        self.families.append(self.used[-1])
        return called.last + 1

    def spoken_at(self, position: int) -> int | None:
        """A setting in the words that the descriptions of runs have for it: "8 attention heads"."""
        patterns = self.vocabulary.spoken.patterns
        if not patterns:
            return None
        for length in range(MOST_WORDS, 1, -1):
            words = self.words[position : position + length]
            numbers = [place for place, word in enumerate(words) if word.number is not None]
            if len(words) < length or len(numbers) != 1:
                continue
            window = tuple(NUMBER if place == numbers[0] else word.text.lower() for place, word in enumerate(words))
            name = patterns.get(window) or patterns.get((*window[:-1], f"{window[-1]}s"))
            if not name or any(_PARTED.search(self.between(at, at)) for at in range(position + 1, position + length)):
                continue
            end = position + length
            listed = [words[numbers[0]].text]
            joined = ("or", "and", ",", "to", "vs", "versus", "than", "against")
            while window[-1] == NUMBER and self.lower(end) in joined and self.same_kind(name, end + 1):
                if self.counts_the_next(end + 1, position):
                    break
                listed.append(self.words[end + 1].text)
                end += 2
            operator = "!=" if self.negated(position) else "="
            self.filters.extend(Filter(name, operator, one.rstrip("%")) for one in listed)
            self.used.append((words[0].start, self.words[end - 1].end))
            return end
        return None

    def option_at(self, position: int) -> int | None:
        name, end, strong = self.named(position)
        if not name:
            return None
        operator, after = self.operator(end)
        value_at = after
        while self.lower(value_at) in _VALUE_JOINTS and value_at - after < 3:
            value_at += 1
        negated = self.negated(position)
        parted = value_at < len(self.words) and bool(_PARTED.search(self.between(end, value_at)))
        value = None if parted or self.counts_the_next(value_at, position) else self.value_of(name, value_at)
        start = self.words[position].start
        if value is not None:
            listed = [value]
            end = value_at + 1
            joined = ("or", "and", ",", "to", "vs", "versus", "than")
            while (
                self.lower(end) in joined
                and self.same_kind(name, end + 1)
                and not self.counts_the_next(end + 1, position)
            ):
                listed.append(self.value_of(name, end + 1) or "")
                end += 2
            for one in listed:
                self.filters.append(Filter(name, "!=" if negated and operator == "=" else operator, one))
        else:
            before = self.words[position - 1].number if position else None
            if before is not None and _PARTED.search(self.between(position, position)):
                before = None
            counted = self.counted_behind(name, position, end)
            if counted is not None:
                self.filters.append(Filter(name, "=", self.words[counted].text))
                end = counted + 2
            elif before is not None and strong and self.counted_before(name, position):
                self.filters.append(Filter(name, "=", self.words[position - 1].text))
                start = self.words[position - 1].start
            else:
                op = "off" if negated or self.lower(end) in ("off", "disabled") else "on"
                given = Filter(name, op)
                self.filters.append(given)
                if op == "on":
                    self.bare.append((name, start))
                if not strong:
                    self.weak.append(given)
        self.used.append((start, self.words[end - 1].end))
        return end

    def between(self, end: int, position: int) -> str:
        """The text between the end of the word before `end` and the word at `position`."""
        return self.text[self.words[end - 1].end : self.words[position].start] if end else ""

    def counts_the_next(self, position: int, named_at: int) -> bool:
        """Whether the number here belongs to the option word after it ("learning rate 60 epochs") or, with a number
        before this option, whether the option has its value already ("100 epochs 0.8 noise")."""
        if not 0 < position < len(self.words) or self.words[position].number is None:
            return False
        following, after, strong = self.named(position + 1) if position + 1 < len(self.words) else ("", 0, False)
        if not following or not strong or _PARTED.search(self.between(position + 1, position + 1)):
            return False
        valued = after < len(self.words) and self.value_of(following, after) is not None
        if valued and not _PARTED.search(self.between(after, after)):
            return False
        mine = self.named(named_at)[0]
        own = any(_same(self.words[position].text, known) for known in self.vocabulary.options.get(mine, ()))
        theirs = any(_same(self.words[position].text, known) for known in self.vocabulary.options.get(following, ()))
        if own and not theirs:  # "num_features_pri 76 batch_size_base": the number is the first one's.
            return False
        if self.words[position].text.isdigit() and following.startswith(("epochs", "batch")):
            return True
        before = self.words[named_at - 1].number if named_at else None
        told = before is not None and not _PARTED.search(self.between(named_at, named_at))
        return told and self.counted_before(self.named(named_at)[0], named_at)

    def counted_behind(self, name: str, position: int, end: int) -> int | None:
        """The place of the number in "GRU with 3 layers", where `gru_layers` is the option."""
        at = end + 1 if self.lower(end) in ("with", "of", "at", "having", "has", "had") else end
        if at + 1 >= len(self.words) or self.words[at].number is None:
            return None
        if _PARTED.search(self.between(at, at)) or _PARTED.search(self.between(end, end)):
            return None
        parts = {stem(part) for part in option_parts(name)}
        named = {stem(self.lower(place)) for place in range(position, end)}
        known = any(_same(self.words[at].text, value) for value in self.vocabulary.options.get(name, ()))
        return at if stem(self.lower(at + 1)) in parts - named and known else None

    def counted_before(self, name: str, position: int) -> bool:
        """Whether "100 epochs" sets the option and "two lpc" does not."""
        value = self.words[position - 1].text
        return any(_same(value, known) for known in self.vocabulary.options[name]) or name.startswith(
            ("epochs", "batch")
        )

    def named(self, position: int) -> tuple[str, int, bool]:
        """The option named here, the position after its name, and whether the name is a full one."""
        vocabulary = self.vocabulary
        for length in (4, 3, 2):
            if position + length > len(self.words):
                continue
            window = tuple(self.lower(position + offset) for offset in range(length))
            single = (*window[:-1], window[-1].removesuffix("s"))
            for said in (window, single):
                if said in vocabulary._said:
                    return vocabulary._said[said], position + length, True
            parts: set[str] = set()
            for word in window:
                parts |= option_parts(word)
            if all(word.replace("_", "").isalpha() for word in window) and len(parts) >= length:
                found = vocabulary._by_parts.get(frozenset(parts))
                if found and window[0] not in STOP_WORDS:
                    return found, position + length, True
        # "Temperature in the test", "size of the embedding".
        turned = position + 1
        if self.lower(turned) in ("of", "in", "for", "at"):
            turned += 2 if self.lower(turned + 1) in ("the", "a", "each", "my", "our") else 1
            if (self.lower(turned), self.lower(position)) in vocabulary.spoken.names:
                return vocabulary.spoken.names[self.lower(turned), self.lower(position)], turned + 1, True
        two = frozenset(_PART.get(word, word) for word in (self.lower(position), self.lower(position + 1)))
        found = vocabulary._by_two.get(two, "")
        if found and not _PARTED.search(self.between(position + 1, position + 1)):
            return found, position + 2, False
        word = self.words[position].text
        found = vocabulary.option(word)
        if not found and word.endswith("s") and len(word) > 4:  # "Which temperatures".
            found = vocabulary.option(word[:-1])
        if found and (found not in _WEAK_PARTS or self.written_as_option(position)):
            return found, position + 1, True
        lower = word.lower()
        if (lower,) in vocabulary._said:
            return vocabulary._said[(lower,)], position + 1, lower in ("epochs", "epoch", "noise")
        part = _PART.get(lower, lower)
        if part in vocabulary._single and len(part) > 1:
            return vocabulary._single[part], position + 1, False
        return "", position, False

    def written_as_option(self, position: int) -> bool:
        """`-project trans` and "`gpu` 0" name options; "the GPU" does not."""
        start = self.words[position].start
        value = self.value_of(self.lower(position), position + 1)
        return self.text[max(0, start - 1) : start] in ("`", "-") or value is not None

    def operator(self, position: int) -> tuple[str, int]:
        if position >= len(self.words):
            return "=", position
        rest = self.text[self.words[position].start :].lower()
        skip = re.match(r"(?:(?:is|was|were|are|set|a|value|of|with)\s+)*", rest)
        offset = skip.end() if skip else 0
        for pattern, operator in OPERATORS:
            match = re.match(pattern + r"(?=[\s\d.])", rest[offset:])
            if match:
                end = self.words[position].start + offset + match.end()
                after = next((i for i, w in enumerate(self.words) if w.start >= end), len(self.words))
                if after < len(self.words) and self.words[after].number is not None:
                    return operator, after
        return "=", position

    def value_of(self, name: str, position: int) -> str | None:
        """The value that stands here, if it can be one of this option."""
        if position >= len(self.words):
            return None
        word = self.words[position]
        if word.number is not None:
            return word.text.rstrip("%")
        for known in self.vocabulary.options.get(name, ()):
            if known.strip("'\"").lower() == word.text.lower() and not known.lower().startswith(("true", "on")):
                return known.strip("'\"")
        return None

    def same_kind(self, name: str, position: int) -> bool:
        value = self.value_of(name, position)
        if value is None:
            return False
        following = self.lower(position + 1)
        return not (self.words[position].number is not None and (following,) in self.vocabulary._said)

    def negated(self, position: int) -> bool:
        if self.lower(position - 1) in _OFF_WORDS:
            return True
        return self.lower(position - 2) in _OFF_WORDS and self.lower(position - 1) in (
            "any",
            "the",
            "a",
            "an",
            "using",
            "use",
        )

    def used_by_runs(self, position: int) -> bool:
        """ "How many runs used attention": the word alone is what runs have."""
        if self.lower(position - 1) not in ("with", "used", "using", "uses") or is_everyday(self.lower(position)):
            return False
        ends = ("", "and", "or", "in", "on", "since", "at", "without", "before", "after", "last", "this", "did", "do")
        runs = any(word.text.lower() in ("run", "runs", "experiments", "trainings") for word in self.words[:position])
        return runs and self.lower(position + 1) in ends

    def beside_its_like(self, position: int) -> bool:
        """ "Attention or CKA": an everyday word beside another value of its option, one that is no everyday word."""
        mine = {name for name, _ in self.vocabulary.value(self.words[position].text, True)}
        for way in (1, -1) if mine else ():
            if self.lower(position + way) in ("or", "vs", "versus", "against", "than", "and", "/"):
                at = position + 2 * way
                if not 0 <= at < len(self.words):
                    continue
                if mine & {name for name, _ in self.vocabulary.value(self.words[at].text, False)}:
                    return True
        return False

    def value_at(self, position: int) -> int | None:
        """A value that names its option itself: GRU."""
        if self.lower(position) == "base" and self.lower(position + 1) in _OF_BASE:
            return None
        beside = self.eager or any(self.lower(near) in _BESIDE for near in (position + 1, position - 1))
        beside = beside or self.beside_its_like(position) or self.used_by_runs(position)
        pairs = self.vocabulary.value(self.words[position].text, beside)
        if not pairs:
            return None
        end = position + 1
        if self.lower(end) in ("layer", "layers", "module", "project", "model", "mode"):
            end += 1
        option = "|".join(sorted({name for name, _ in pairs}))
        self.filters.append(Filter(option, "!=" if self.negated(position) else "=", pairs[0][1]))
        self.used.append((self.words[position].start, self.words[end - 1].end))
        return end


def matches(record: Record, one: Filter, vocabulary: Vocabulary | None = None) -> bool:
    """Whether a run fulfils a condition; settings missing from its command are looked for in its description."""
    if one.option == DESCRIBED:
        ids = vocabulary.families.by_name.get(one.value, frozenset()) if vocabulary is not None else frozenset()
        return (record.id in ids) == (one.op == "=")
    values = [setting(record, name, vocabulary) for name in one.option.split("|")]
    if one.op == "!=" and not record.config and not any(values):
        return False  # Nothing is known of its settings.
    return any(_holds(value, one) for value in values)


def matcher(one: Filter, vocabulary: Vocabulary | None = None) -> Callable[[Record], bool]:
    """`matches` for one condition and many runs: each value of its option is looked at once."""
    if "|" in one.option or one.option == DESCRIBED:
        return lambda record: matches(record, one, vocabulary)
    known: dict[str, bool] = {}

    def holds(record: Record) -> bool:
        value = record.config.get(one.option)
        if value is None:
            return matches(record, one, vocabulary)
        found = known.get(value)
        if found is None:
            found = known[value] = matches(record, one, vocabulary)
        return found

    return holds


def setting(record: Record, option: str, vocabulary: Vocabulary | None = None) -> str | None:
    """The value of an option in a run, from its command, else from its words; None when neither tells."""
    if option in record.config:
        return record.config[option].strip("'\"")
    if vocabulary is None:
        return None
    told = [one for one in vocabulary.told(record) if option in one.option.split("|")]
    if not told:
        return None
    one = told[-1]
    return {"=": one.value, "on": "true", "off": "0"}.get(one.op)


def _holds(value: str | None, one: Filter) -> bool:
    if one.op == "on":
        return value is not None and not _is_off(value)
    if one.op == "off":
        return value is None or _is_off(value)
    if value is None:
        return one.op == "!="
    if one.op in ("=", "!="):
        return _same(value, one.value) == (one.op == "=")
    left, right = _float(value), _float(one.value)
    if left is None or right is None:
        return False
    return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[one.op]


def _is_off(value: str) -> bool:
    number = _float(value)
    return value.strip("'\"").lower() in _ZERO or number == 0


def _same(a: str, b: str) -> bool:
    left, right = _float(a), _float(b)
    if left is not None and right is not None:
        return math.isclose(left, right, rel_tol=1e-9)
    return a.strip("'\"").lower() == b.strip("'\"").lower()


@functools.lru_cache(maxsize=16384)
def _float(text: str) -> float | None:
    return as_number(text.rstrip("%"))


def _joined_parts(term: Term) -> list[str]:
    return [part for part in term.parts if "+" in part]
