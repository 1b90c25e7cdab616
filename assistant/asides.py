"""Takes off what a person says of himself around a question: where he is, who asks him, what he needs it for, that he
is sorry, in a hurry, or has forgotten.

"Reviewer 2 will ask this for sure: which loss was best" asks which loss was best, and so does every other way of saying
it: a clause is told by what it is about, not by its wording. It speaks of the asker (I, we, those who ask him, haste,
an apology, a document to be written), its words are those of working life or such as no note holds, and it names no
setting, figure, run, day or matter of the vault. What the question is about ("the plain model: how many runs") and
what it rests on ("I changed the schedule. Did it help?", "the description was pasted wrong") stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from assistant.english import is_english
from assistant.vocabulary import RUN_WORDS, SETTING_WORDS, is_everyday, is_soft
from vault_sync.terms import STOP_WORDS, stem

#: Those who ask, or are told.
_PEOPLE_TEXT = """
advisor adviser supervisor professor prof profs boss colleague colleagues coauthor coauthors co-author co-authors
reviewer reviewers editor editors chair committee student students friend friends labmate labmates mate mates people
everybody everyone somebody someone nobody wife husband partner kid kids girlfriend boyfriend mother father mom dad
group team department teacher examiner examiners jury tutor postdoc phd intern manager director audience crowd he she
they dean secretary
"""
#: What is written, held or handed in.
_DOCUMENT_TEXT = """
paper papers thesis report reports table tables slide slides meeting meetings presentation presentations appendix
poster posters seminar chapter section sections subsection sec draft drafts rebuttal deadline deadlines defense
defence proposal dissertation abstract manuscript write-up writeup email e-mail mail mails letter letters readme
submission submissions caption captions introduction intro camera-ready camera ready supplement supplementary
application discussion call talk footnote footnotes paragraph paragraphs sentence sentences conference journal
workshop page pages form review reviews summary newsletter blog handout deck update exam interview grant proceedings
cover latex overleaf overview curiosity record records files bibliography references tex column cell homepage website
checklist reproducibility monthly weekly annual yearly quarterly final tomorrow's today's group lab internal
"""
#: Words of a working day that say nothing of the work.
_LIFE_TEXT = """
phone mobile coffee coffees tea lunch dinner breakfast bed sleep bus tram plane airport station home office desk
kitchen weekend holiday holidays vacation head brain brains hand hands eyes mind memory finger fingers thumb tired
sick ill hungry late later hurry rush rushing busy stress stressed stressful lost stuck confused desperate panic
panicking mess messy chaos trouble embarrassing embarrassed dumb stupid silly naive obvious trivial boring annoying
annoyed newbie new here there english language german french foreign native typo typos spelling grammar wording
nonsense rubbish garbage notes note notebook notebooks diary vault logs logbook notepad folder folders file files
somewhere nowhere anywhere everywhere question questions answer answers reply replies apology apologies greetings
morning afternoon evening night noon midnight midday minute minutes second seconds moment moments hour hours day days
today tonight tomorrow soon close near time times write writes writing wrote written type typing typed fill filling
fills draft drafting prepare preparing finish finishing submit submitting send sending reply replying explain
explaining tell tells telling show showing present presenting defend report reporting quote quoting cite citing
mention include redo find finding found search searching look looking looked dig digging remember remembering recall
forget forgetting forgot forgotten know knows knew knowing lose losing swear promise need needs needed needing want
wants wanted wanting wish like likes hope hoping try trying sure certain safe curious double-check double-checking
doublecheck check checking verify verifying confirm confirming wonder wondering wondered ask asks asking asked bother
bothering disturb disturbing nag nags nagging push pushing insist insists insisting complain complains complaining
wait waits waiting bear bare patient patience excuse forgive pardon apologize apologise thank thanks help helping
clean cleaning sort sorting tidy tidying compile compiling collect collecting edit editing revise revising polish
polishing proofread proofreading read reads reading reread rereading go goes going leave leaves leaving catch sit sits
sitting stand standing get gets getting got come comes coming back meet meeting hate love loves give gives giving gave
up keep keeps keeping kept begin beginning expect expects expecting demand demands call calls calling shout shouts
shouting breathe breathing stare staring decide order buy half hour other side work working works everything anything
something thing things stuff one ones quick quickly short brief line lines word words honest honestly frankly
basically literally apparently actually promise blank old cannot tbh btw fyi asap pls plz please sorry hi hello hey
dear good ok okay well right now anyway hmm um uh oh damn argh ugh first second third fourth fifth 1st 2nd 3rd 4th 5th
tired awake attention slow early crazy insane hopeless terrible bad awful nice great happy glad grateful polite rude
short-notice notice last-minute minute-taking todo jot jotted scribble scribbled put down handwriting listed list
figure figures number numbers name names forgetful older wiser thx tnx thanx ty grep grepped grepping ctrl wifi
internet bot hypothetical disclaimer heads-up ps lol haha sake life truth world god goodness earth day's talk talks
speak speaking speaks said say says saying told hearing heard ears deaf blind age ages years ago long while past since
decided convince convinced impatient impatiently furious angry mad upset worried nervous anxious worry bring brings
bringing
"""
#: What is done to a run, or said of one: with it a clause is about the work itself.
_WORK_TEXT = """
pasted wrong incorrect correct corrected correctly agree agrees disagree differ differs different differently
contradict contradicts contradiction conflict mismatch match matches retracted invalid valid swapped mixed mistake
error errors bug bugs changed change used use uses using tried tested test tests trained trains train ran running run
fixed fix repeated repeat moved move added add removed remove replaced replace switched switch measured measure
evaluated evaluate computed compute implemented implement launched launch crashed crash failed fail fails broke broken
diverged best worst better worse higher lower highest lowest high low except exclude excluding without instead both
effect effects value values difference harmonic seed increase increased decrease decreased reduce reduced improve
improved help helped gain drop dropped doubled double halved longer shorter shift shifted doubt suspicious suspect
trust outdated results result experiment experiments runs job jobs latest newest copied copy merged split cut
installed deleted delete lost stopped started finished chose chosen decided concluded planned set meant mean means
"""
_PEOPLE = frozenset(_PEOPLE_TEXT.split())
_DOCUMENTS = frozenset(_DOCUMENT_TEXT.split())
_WORK = frozenset(_WORK_TEXT.split()) - {"lost", "decided"}
_SITUATION = frozenset(_LIFE_TEXT.split()) | _PEOPLE | _DOCUMENTS
_PARTS_OF_PAPERS = r"(?:section|chapter|part|table|paragraph|subsection|page|slides?|sentence|discussion)"
#: Turns of speech whose words would say something of the work elsewhere.
_IDIOMS = re.compile(
    rf"\b(?:results?|experiments?|methods?|evaluation|conclusions?|related work|data|analysis"
    rf"|setup) {_PARTS_OF_PAPERS}\b"
    r"|\bbetter safe than sorry\b|\b(?:get me|if i(?:'|’)?a?m not|not) (?:wrong|mistaken)\b|\bbug(?:s|ging"
    r"|ged)? (?:me|you|u|us)\b"
    r"|\b(?:my|own|bad|poor|terrible) memory(?: (?:fails?|failed|failing)(?: me)?)?\b"
    r"|\bmak(?:e|ing) (?:a |an |any |the same |another )?(?:mistakes?|errors?|fool)\b|\bon the (?:run|move|train"
    r"|road)\b"
    r"|\b(?:in|on) (?:a|the|my) train\b|\b(?:the )?(?:one )?last (?:question|one|thing)\b|\brunning (?:late"
    r"|out of time)\b"
    r"|\bout of time\b|\b(?:right|just) now\b|\b(?:tried|trying|try) (?:to (?=find|remember|recall|search|look)"
    r"|everything)"
    r"|\b(?:have|has|had|'ve|’ve|not|never|n't) (?:\w+ )?seen\b(?! acc)|\bi(?:'m| am|’m|m) not used to\b"
    r"|\bmy (?:brain|head|memory|phone|laptop) (?:has |just )*(?:stopped|crashed|died|failed|broke"
    r"|is broken)\b(?: working)?"
    r"|\bwithout (?:any |much )?(?:luck|success|sleep|coffee)\b|\bdouble[- ]check\w*|\bdoubts? (?:me|us|it"
    r"|this)\b|\bby mistake\b|\bmy (?:own )?mistake\b|\bmy bad\b|\bit is getting (?:late|long)\b"
    r"|\bin the first place\b"
    r"|\b(?:reviewer|referee|section|sec\.?|chapter|table|figure|fig\.?|page|slide|part|appendix|question"
    r"|comment|point|no\.?|number)"
    r" #?(?:\d+(?:\.\d+)*|[a-e])\b(?! of\b)|\b(?:prof|dr|mr|ms|mrs)\.? [A-Z]\w+|\b\d+(?:st|nd|rd|th) (?=coffee"
    r"|time|day)"
    r"|\b\d{1,2}(?::\d\d)? ?(?:am|pm|o'?clock|min(?:utes?|s)?|hours?)\b|(?:for|at) the (?:\w+ ){1,2}time\b",
    re.IGNORECASE,
)  # fmt: skip
_FORGETTING = (
    r"(?:can(?:no|'|’)?t|can not|could(?:no|n'|n’)?t|could not|do(?:n't|n’t| not|nt)|did(?:n't|n’t| not|nt)|never|no"
    r" longer|hardly|barely|fail(?:ed)? to|unable to|keep|always|totally|completely)"
    r"(?: \w+){0,2}? (?:remember|recall|find|found|know|see|locate|forget(?:ting)?|sleep|think|read|work)\b"
    r"|forgot(?:ten)?\b|no (?:idea|clue|memory)\b|gave up\b|lost (?:track|it|my|the overview)\b|slipped\b|need"
    r" (?:it|this|that|them|these)\b|(?:ask|asking|need it|want) (?:because|as|since|for)\b"
)
_WE = r"(?:i|we|me|us|you|u|im|ive|id|myself|ourselves)"
#: What only people have or do: with such a word a clause without any other matter is about the asker.
_PRIVATE_TEXT = """
coffee tea lunch dinner breakfast bed sleep bus tram plane airport kitchen weekend holiday holidays vacation tired
sick ill hungry hurry rush stress stressed stressful confused desperate panic embarrassing embarrassed dumb stupid
silly naive annoying newbie typo typos question request favor favour hope apology apologies greetings grep grepped
grepping ctrl bot wifi brain kids crazy insane lazy tonight nobody somebody someone everybody asked asks wondering
forgot forgotten forgetting remember promise swear bother excuse patience attention desk phone home sleepy exhausted
nervous worried afraid day morning evening
"""
_PRIVATE = frozenset(_PRIVATE_TEXT.split())
_STATES_OF_A_DOCUMENT = re.compile(
    r"\b(?:is|are|was|isn't|must|has to|have to|needs?|need to|will|due|missing|waiting|going|coming|starts?"
    r"|begins?|ends?)\b",
    re.IGNORECASE,
)
_WITHOUT_SUBJECT = re.compile(
    r"^\W*(?:(?:and|so|but|just|really|still|also) )*(?:(?:will|would|could|can|should|must|might|may) (?:not"
    r"|also|just|be|have|put|send"
    r"|mail|write|add|include|show|tell|paste|need|love|like|really|probably|appreciate|quote|cite|mention|go"
    r"|report|then|now)\b"
    r"|(?:need|have|want|had|got|going|about|trying|forced) to\b|am (?!i\b)\w+"
    r"|(?:can['’]?t|cannot|couldn['’]?t|don['’]?t|didn['’]?t|won['’]?t)"
    r"(?! (?:i|we|you|it|the|this|that|my|our|they|he|she|any\w*|some\w*)\b) )",
    re.IGNORECASE,
)  # fmt: skip
#: Evidence that a clause is about the asker.
_ASKER = re.compile(rf"(?<![\w./'’-]){_WE}(?:['’](?:m|ve|d|ll|re|am))?(?![\w/-])|{_FORGETTING}", re.IGNORECASE)
_MINE_DOES = re.compile(
    r"\b(?:my|our|his|her|their)\b.*\b(?:is|are|was|were|has|have|had|isn't|aren't|not|never|needs?|wants?"
    r"|hurts?|dies|died"
    r"|will|must|should|won't|doesn't|don't|keeps?|asks?|says?|calls?|starts?|ends?|closes?|would|can't|cannot"
    r"|gets?|got|just|fails? me)\b",
    re.IGNORECASE,
)  # fmt: skip
#: "Brain is fried", "on the bus", "to settle a bet with my labmate".
_LIFE = re.compile(
    r"^\W*(?:(?:ok|so|and|but|the|my|our|because|since|as) )*(?:brain|brains|head|eyes|mind|battery|phone|laptop"
    r"|wifi|internet"
    r"|deadline|time|typos|english|handwriting|boss|train|bus|flight|kids?|weather|coffee)(?: (?:\w+ )?(?:is|are"
    r"|isn't|was|not|does"
    r"|has|dies|dying|dead|closes|approaching|running|leaves|keeps?|empty|starts?|needs?|looms|in \d+|in an? )|$)"
    r"|^\W*(?:(?:ok|so|still|just|now|currently|stuck|sitting|back|greetings|hello|writing|live) )*(?:on|in|at"
    r"|from|between|before|after)"
    r" (?:the |a |my |two |an |another |our )?(?:bus|tram|plane|airport|train|station|phone|mobile|bed|meetings?"
    r"|home|office|kitchen|lunch"
    r"|hurry|rush|call|way|couch|gym|car|library|cafe|conference|hotel|holidays?|vacation|doctor'?s|coffee|break"
    r"|panic|class|lecture)\b"
    r"|^\W*(?:just |only )?to (?!run\b|train\b|test\b)\w+\b.*\b(?:my|our|me|myself|us)\b",
    re.IGNORECASE,
)  # fmt: skip
_POLITE = re.compile(
    r"^\W*(?:sorry|apolog\w+|excuse|pardon|forgive|hi|hello|hey|hallo|dear|good (?:morning|afternoon|evening"
    r"|day)|greetings"
    r"|thanks?|thx|pls|plz|please|quick(?:ly)?|urgent(?:ly)?|asap|in a (?:hurry|rush)|no (?:rush|hurry|pressure"
    r"|essay)"
    r"|(?:a |one |another |just a |only a |the )?(?:(?:last|next|quick|short|small|final|simple|easy|stupid"
    r"|silly|dumb) ){0,2}(?:question|one)$|btw|by the way|fyi|tbh"
    r"|ok|okay|well|right|anyway|honest(?:ly)?|hmm+|uh+m?|um+|oh|ugh|argh|damn|(?:silly|stupid|dumb|naive|weird)\b"
    r"|out of curiosity|curious|just (?:curious|checking|wondering|asking|to be|so)|better safe|to be (?:sure"
    r"|honest|safe)"
    r"|(?:for|from) (?:the )?(?:\w+ ){0,2}time$|bear with|same (?:question|here)|help\b|asking for|asked by"
    r"|short answer|(?:please )?(?:do not|don['’]?t) (?:laugh|judge|ask|hate|blame|worry|kill|shoot|be)"
    r"|(?:just )?(?:in )?(?:one|a single|a) (?:line|sentence|word)\b|keep it (?:short|brief|simple)|it(?:['’]?s"
    r"| has) been\b|(?:long|some) (?:time|while) ago|ages ago"
    r"|(?:second|third|another|one more|last) (?:try|attempt)$|nothing (?:else|more|fancy)\b|no need\b"
    r"|(?:i )?(?:promise|swear)d?\b|yo\b|kind request"
    r"|(?:yes|one word) or)"
    r"|\b(?:sorry|pls|plz|please|asap|thanks|thx|bear (?:with )?me|urgent(?:ly)?|in a (?:hurry|rush)|hurry)\b",
    re.IGNORECASE,
)  # fmt: skip
_BUSY_TEXT = """
typing writing filling preparing making finishing drafting working sitting standing walking waiting trying looking
asking wondering checking double-checking compiling updating putting revising reading rereading going cleaning sorting
tidying collecting wrapping heading losing drowning polishing proofreading editing submitting answering replying
procrastinating panicking being getting stuck lost confused back still procrastinating travelling traveling commuting
calling having fighting struggling rushing planning thinking starting presenting defending chatting talking coming
leaving eating staring juggling summarizing summarising
"""
_OPENS_BUSY = re.compile(
    rf"^\W*(?:(?:ok|so|and|well|just|still|now|currently|again|while|when|before|after|since|as|already|always|me) )*"
    rf"(?:{'|'.join(_BUSY_TEXT.split())})\b(?P<then> \S+)?",
    re.IGNORECASE,
)
_FUNCTION_TEXT = """
the a an my our on in at to for up with it this that these those from about through off out of over some all and as
again down back here late between around under until and
"""
_FUNCTION = frozenset(_FUNCTION_TEXT.split())
_PURPOSE = re.compile(
    r"^\W*(?:just |only |mainly |it['’]?s |(?:it|this|that) (?:is|was) |that's |all )*(?:for|before|until|by"
    r"|in time for|due) "
    r"(?P<what>(?:[\w'’-]+ ?){1,5})$",
    re.IGNORECASE,
)
_FOR_WHAT = re.compile(r"\b(?:for|before|until) (?:the|my|our|a|table|section|figure)\b", re.IGNORECASE)
_WH = r"(?:what|what's|whats|which|who|who's|whose|whom|when|where|why|how|how's)"
_HELPING = (
    r"(?:is|are|was|were|am|do|does|did|has|have|had|can|could|would|will|should|shall|may|might|must|isn't|aren't"
    r"|wasn't|weren't|don't|doesn't|didn't|hasn't|haven't|can't|couldn't|won't|wouldn't)"
)
_LEADS = r"^\W*(?:(?:and|so|but|or|also|ok|okay|well|then|now|yes|no|because|if|plus|hmm|honestly)[\s,]+)*"
_IS_QUESTION = re.compile(
    rf"{_LEADS}(?:(?:in|on|at|from|with|for|to|by|of|over|under|since|until) )?(?:{_WH}\b|{_HELPING}\b)", re.IGNORECASE
)
#: Questions put to the assistant that ask nothing of the vault.
_HOW_ANSWERED = re.compile(
    r"^(?:only|just) (?:the|a|one) (?:number|value|word|line|answer|name|date|sentence|figure)s?(?: please| pls)?$",
    re.IGNORECASE,
)
_MERE_REQUEST = re.compile(
    r"^\W*(?:ok |so |hey |hi |hello |and )*(?:(?:can|could|would|will|may|might) (?:you|u|i|we|somebody|someone)"
    r"(?: please| pls| maybe| quickly| just| perhaps| kindly| possibly)*"
    r" (?:help|check|look|tell|remind|ask|bother|disturb|have a (?:look|question))"
    r"(?: (?:me|us|this|that|it|up|out|for|with|here|again|you|something|a|one|more|quick|small|silly|stupid"
    r"|thing|question"
    r"|please|quickly|into|by|any|chance))*"
    r"|(?:do|did) you (?:know|remember|recall|have (?:a|one|\d) (?:\w+ )?(?:minute|second|moment|sec"
    r"|question)\w*)(?: (?:by any"
    r" chance|maybe|this|it|that|for me|please))*|are you (?:there|awake|busy|ready|up)|(?:have )?you there"
    r"|wh(?:at|ich) i (?:really |actually |just |still )?(?:want|need|wanted|would like|would love|have)(?: to)?"
    r"(?: know| ask| find out| see| be told| find)*(?: is| now is)?"
    r"|is there (?:any|a|some) (?:chance|way|possibility)(?: (?:to know|that you know|you know|to find out"
    r"|you can tell me))?"
    r"|which (?:i|we) (?:will |would )?(?:need|want|must|should|have to)\b(?! to (?:run|train|try|test))[^?]*"
    r"|am i (?:allowed|disturbing)\b[^?]*|guess what|what a (?:day|week|mess)|how are you(?: today| doing)?"
    r"|what's up|whats up)"
    r"\W*$",
    re.IGNORECASE,
)  # fmt: skip
_IMPERATIVE = re.compile(
    r"^\W*(?:(?:pls|please|and|so|ok|also|just|now) )*(?:show|list|give|compare|count|print|name|summar\w+"
    r"|explain|describe"
    r"|plot|tell|find|remind|look|check|answer|reply|help)\b(?P<rest>.*)$",
    re.IGNORECASE,
)  # fmt: skip
_FORM_TEXT = """
me us please pls again briefly shortly in one a an the line lines sentence sentences word words short quick answer
just hint simple simply quickly it this that now yes no or only reply honest honestly straight direct directly no
essay details explanation detail few brief out up for with at something thing long story
"""
_FORM = frozenset(_FORM_TEXT.split())
#: "I think it was small", "I remember a bug": what is thought to be so is part of what is asked.
_HOLDS_SOMETHING = re.compile(
    r"(?<!not )(?<!n't )(?<!n’t )(?<!cannot )(?<!can't )\b(?:think|believe|guess|suspect|assume|suppose|noticed"
    r"|saw|thought"
    r"|remember|mean|meant|see)\b(?P<what>.*)$",
    re.IGNORECASE,
)  # fmt: skip
#: "Leaving out what was withdrawn", "if I train longer": the question is asked of a part, or under a condition.
_NARROWS = re.compile(
    r"\b(?:leav(?:e|ing)|left) out\b|\b(?:apart|aside) from\b|\bnot count\w*|\binclud\w+|\bignor\w+"
    r"|\bdisregard\w*|\bonly (?:what|those|(?:the )?\w+ (?:runs|ones|that))\b"
    r"|\b(?:i|we) (?:can |could |also |only )?(?:see|saw|found|find|have|had|got|read) (?:two|three|several"
    r"|different|both|many|more)\b"
    r"|\b(?:taken|took|take) back\b|\b(?:withdr\w+|discard\w*|cancel\w*|reject\w*|revok\w*|obsolete|supersed\w*)\b"
    r"|^\W*(?:if|once|unless|until|after|whenever|when|supposing|assuming)\b(?! (?:you|u|possible|that|it'?s"
    r"|this|any|i"
    r" (?:may|remember|recall|can|could|am not|understand)|we may|my memory|memory|i'm not|im not|everyone"
    r"|anyone)\b)",
    re.IGNORECASE,
)  # fmt: skip
_OF_RUNS = re.compile(r"^(?:runs?|results?|experiments?|logs?|trainings?)$")
_ORDERED = re.compile(
    r"\b(?:first|last|latest|next|previous|second|third|\d+(?:st|nd|rd|th)|newest|oldest|recent|all|each|every"
    r"|any|failed"
    r"|finished|two|three|four|five|best|worst|same|other|new|old|both|which|these|those|that|\d+) (?:\w+ )?"
    r"(?:runs?|results?|experiments?|logs?|trainings?)\b",
    re.IGNORECASE,
)  # fmt: skip
_ASKED_ON_A_DAY = re.compile(
    r"\b(?:ask|asks|asked|asking|wants?|wanted|needs?|need|deadline|due|meeting|talk|presentation|submit"
    r"|submission|hand|"
    r"defen[cs]e|seminar|busy|tired|back|leave|leaving|late|answer|hurry|present|presenting|morning|afternoon"
    r"|evening|brain|knew|know|wrote|swear|forgot|told|search\w*|look\w*)\b",
    re.IGNORECASE,
)
_NEAR_DAY = re.compile(
    r"^(?:(?:on|by|until|till|before|for|this|next|early|late|the|end|of|in|at|today|tonight|tomorrow|yesterday"
    r"|morning"
    r"|afternoon|evening|night|noon|now|week|weekend|month|(?:mon|tues|wednes|thurs|fri|satur|sun)day|lunch)\b\s*)+$",
    re.IGNORECASE,
)
_TITLED_CASE = re.compile(r"^[A-Z][a-z]+$")
_SPOKEN_CAPITALS_TEXT = """
I OK ASAP FYI BTW PI PDF CV TBH SORRY PLEASE PLS PHD URGENT QUICK HI PS
"""
_SPOKEN_CAPITALS = frozenset(_SPOKEN_CAPITALS_TEXT.split())
#: Written with a capital in running text, and no names.
_CAPITALS_TEXT = """
english german french japanese spanish italian chinese korean monday tuesday wednesday thursday friday saturday sunday
"""
_CAPITALS = frozenset(_CAPITALS_TEXT.split())
_PRONOUN = re.compile(
    r"\b(?:it|they|them|those|these|he|she|him)\b|\b(?:this|that)\b(?! \w+ing\b)(?=\s*[?.!,]|\s*$|\s+(?:is|was"
    r"|has|did|does"
    r"|still|help\w*|work\w*|in|on|at|to|with|for|go|end|happen\w*|again|better|worse)\b)|\bthe same\b",
    re.IGNORECASE,
)  # fmt: skip
_QUOTED = re.compile(r"`[^`]*`|\"[^\"]*\"|“[^”]*”|\[\[[^\]]*\]\]|(?<!\w)'[^']{2,}'(?!\w)|\([^()]*\)")
_PARTS = re.compile(
    r"(?P<strong>\s*(?:[:;]|…|\.\.\.+|\s--?-?|\s[–—]|—)(?=\s)\s*"
    r"|(?<!\bsec)(?<!\bprof)(?<!\bfig)(?<!\be\.g)(?<!\bi\.e)"
    r"(?<!\bvs)(?<!\bapprox)(?<!\bno)(?<!\bnr)(?<!\bdr)(?<!\d)(?<!\s\w)[.!?]+(?=\s)\s*|(?<=\d)[.!?]+\s+(?=[A-Z]))"
    r"|(?P<comma>\s*,\s+)|(?P<word>\s+(?=but\s))",
    re.IGNORECASE,
)
_JOINTS = re.compile(
    r"^(?:\W*(?:and|so|but|anyway|anyways|ok|okay|well|then|now|here goes|here it is"
    r"|the question is)\b)*[\s,:;.!–—-]*",
    re.IGNORECASE,
)
#: "..., and if not why", "... or what did we decide".
_GOES_ON = re.compile(rf"\W*(?:and|or|if|but)\b(?! (?:{_WE}|my|our|he|she|they)\b)", re.IGNORECASE)
_UNPARTED_BEHIND = re.compile(
    r"\s+(?=(?:because |as |since |and |but )?(?:i|we) (?:(?:always|just|really|totally|completely|somehow"
    r"|simply|still|must"
    r"|also|have|even) )*(?:keep forgetting|forgot|forget|can(?:no|')t|can not|could(?:n't| not)"
    r"|don't (?:remember|know|recall|find)"
    r"|do not (?:remember|know|recall|find)|gave up|lost track|need (?:it|this|that)|am in a)\b|(?:thx|thanks"
    r"|thank you|tnx) (?:a (?:bunch|ton|lot|million)|in advance|so much|very much)\b)",
    re.IGNORECASE,
)  # fmt: skip
_SIGNED = re.compile(
    r"(?<=[\s?.!,])(?:(?:best|kind|warm|many) (?:regards|wishes|greetings)|best|cheers|regards|greetings"
    r"|sincerely|yours)"
    r"(?:,| from)? ?(?:(?-i:[A-Z])\w+)?[\s.!]*$",
    re.IGNORECASE,
)
_SMILEYS = re.compile(r"(?<!\S)(?:[:;=]['-]?[)(DPp/|]|\^\^|xD|<3)(?!\S)|[\U0001F300-\U0001FAFF\u2600-\u27BF]")


@dataclass(frozen=True)
class Words:
    """What the vault says to a clause.

    holds: whether a note or a run holds a word. names: the phrases of a clause that name settings, figures or days.
    structured: whether a text asks for runs, figures, settings or tasks.
    """

    holds: Callable[[str], bool]
    names: Callable[[str], Sequence[str]]
    structured: Callable[[str], bool]


@dataclass(frozen=True)
class _Read:
    """About a clause: whether it may go, speaks of the asker, only says what the answer is for, and how many of its
    words no note holds."""

    goes: bool
    asker: bool = False
    purpose: bool = False
    strange: int = 0


_STAYS = _Read(goes=False)


def without_asides(text: str, words: Words) -> str:
    """The question alone, where clauses in front of it or behind it only speak of who asks it."""
    cut = re.sub(r"\s+", " ", _SMILEYS.sub(" ", text)).strip()
    signed = _SIGNED.search(cut)
    if signed and re.search(r"[?.!,]\s*$", cut[: signed.start()]):
        cut = cut[: signed.start()].rstrip(" ,")
    return _behind(_in_front(cut, words), words) or text


def _in_front(text: str, words: Words) -> str:
    begin, kept, asker, strange, purpose = 0, 0, False, 0, True
    for start, end, joint in _parts(text):
        read = _read(text[begin:start], words)
        if not read.goes:
            # A clause may have a joint of its own: "the deadline is close, but my notes are a mess: ...".
            if joint == "strong" or len(text[begin:start].split()) > 12:
                break
            continue
        asker, strange, purpose = asker or read.asker, strange + read.strange, purpose and read.purpose
        begin = end
        rest = _JOINTS.sub("", text[end:], count=1)
        if asker and _can_stand(rest, words, strange, purpose, sure=joint != "word"):
            kept = len(text) - len(rest)
    return text[kept:]


def _behind(text: str, words: Words) -> str:
    for _ in range(4):
        parts = _parts(text)
        closed = re.search(r"\s*\(([^()]*)\)[\s.!?]*$", text)
        if closed:
            parts.append((closed.start(), closed.start(1), "strong"))
        parts.extend((found.start(), found.end(), "word") for found in _UNPARTED_BEHIND.finditer(text))
        for start, end, joint in sorted(parts, reverse=True):
            clause = text[end : closed.end(1)] if closed and end == closed.start(1) else text[end:]
            if _GOES_ON.match(clause) or (clause.rstrip().endswith("?") and not _ASKER.search(clause)):
                continue
            pieces = [piece for piece in re.split(r"[,;.!?:]\s+|\s[–-]\s", clause.strip(" .!?)")) if piece.strip()]
            read = [_read(piece, words) for piece in pieces]
            front = text[:start].rstrip(" ,;") + ("?" if text[start:end].lstrip().startswith("?") else "")
            if re.search(
                r"\b(?:because|as|since|and|but|so|that|which|if|when|what|where|how|or|of|the|before|after"
                r"|until|while|many|for)\W*$",
                text[:start],
                re.I,
            ):
                continue
            goes = read and all(one.goes and (one.asker or joint != "word") for one in read)
            purpose = all(one.purpose for one in read)
            if goes and any(one.asker for one in read) and _can_stand(front, words, 0, purpose, behind=True):
                text = front
                break
        else:
            return text
    return text


def _parts(text: str) -> list[tuple[int, int, str]]:
    """Where a text is parted: (start, end, how), not inside quotes and brackets."""
    spans = [found.span() for found in _QUOTED.finditer(text)]
    return [
        (found.start(), found.end(), str(found.lastgroup))
        for found in _PARTS.finditer(text)
        if found.start() > 0 and not any(start < found.start() < end for start, end in spans)
    ]


def _can_stand(rest: str, words: Words, strange: int, purpose: bool, sure: bool = True, behind: bool = False) -> bool:
    """Whether what is left is a question of its own."""
    if len(rest.split()) < 2 or not (sure or _IS_QUESTION.match(rest)):
        return False
    structured = words.structured(rest)
    telling = [found for found in re.finditer(r"[A-Za-z`_][\w`'’-]*", rest) if _tells(found.group(), words)]
    if not telling and not structured:
        return False
    # "For the paper, which figures are missing": of few words each may be what the question turns on.
    if purpose and not structured and sum(words.holds(one.group().lower()) for one in telling) < 2:
        return False
    pronoun = _PRONOUN.search(rest)
    # "I moved my desk. Did it help?": "it" is what the clause tells of.
    return behind or not (strange and pronoun and not any(one.start() < pronoun.start() for one in telling))


def _tells(word: str, words: Words) -> bool:
    lower = word.lower().strip("`'’")
    bare = re.sub(r"['’]s?$", "", lower)
    if len(bare) < 3 or bare in STOP_WORDS or bare in _PEOPLE:
        return False
    return not (is_everyday(bare) or is_soft(bare)) or words.structured(bare)


def _read(clause: str, words: Words) -> _Read:
    """What a clause beside a question is about."""
    inner = clause.strip(" ,;:.!?()–—-")
    if not inner:
        return _Read(goes=True)
    request = _MERE_REQUEST.match(inner)
    if request:
        return _Read(goes=True, asker=True)
    bare = bool(_WITHOUT_SUBJECT.match(inner))
    if _IS_QUESTION.match(inner) and not (bare or _POLITE.match(inner)):
        return _STAYS
    imperative = _IMPERATIVE.match(inner)
    if imperative and not all(word in _FORM for word in re.findall(r"[\w'’-]+", imperative["rest"].lower())):
        return _STAYS
    if _HOW_ANSWERED.match(inner):
        return _Read(goes=True, asker=True)
    plain = _IDIOMS.sub(" ", inner)
    if _NARROWS.search(plain):
        return _STAYS
    if re.search(r"[`\"“”=_\[\]+]|(?<!\bw)/", plain):
        return _STAYS
    named = [phrase for phrase in words.names(plain) if not _is_mere(phrase, plain)]
    if named:
        return _STAYS
    thought = _HOLDS_SOMETHING.search(plain)
    if thought and any(_tells(word, words) for word in re.findall(r"[A-Za-z][\w'’-]*", thought["what"])):
        strange = [word for word in re.findall(r"[a-z][\w'’-]*", thought["what"].lower()) if word not in _SITUATION]
        if any(_tells(word, words) for word in strange):
            return _STAYS
    asker = bool(_ASKER.search(inner) or _MINE_DOES.search(inner) or _POLITE.search(inner) or _is_busy(inner))
    said = set(re.findall(r"[a-z][a-z'’-]*", inner.lower()))
    lively = bool(_LIFE.match(inner) or said & _PRIVATE)
    stated = bool(said & _DOCUMENTS) and bool(bare or _STATES_OF_A_DOCUMENT.search(inner) or _FOR_WHAT.search(inner))
    asker = asker or bare or lively or stated or _is_asked(inner)
    purpose = _PURPOSE.match(inner)
    if purpose and all(word in _FOR_HIMSELF or word in STOP_WORDS for word in purpose["what"].lower().split()):
        return _Read(goes=True, asker=True)
    if purpose and all(
        word in _DOCUMENTS or word in _LIFE_OF_PURPOSE or word in STOP_WORDS or word.isdigit()
        for word in purpose["what"].lower().split()
    ):
        meant = any(word in _DOCUMENTS or word in _LIFE_OF_PURPOSE for word in purpose["what"].lower().split())
        return _Read(goes=meant, asker=meant, purpose=True)
    unknown = 0
    runs_of_mine = bool(_ASKER.search(inner)) and not _ORDERED.search(inner)
    for place, found in enumerate(re.finditer(r"[A-Za-z][\w'’-]*|\d[\w.:]*", plain)):
        word = found.group()
        judged = _judged(word, place, asker, runs_of_mine, words)
        if judged is None and lively and word.islower() and word.isalpha() and not _of_the_work(word, words):
            judged = 1  # "Brain is mush": no word list holds all that is said of a brain.
        if judged is None:
            return _STAYS
        unknown += judged
    if unknown and not asker and len(inner.split()) < 3:
        return _STAYS
    return _Read(goes=True, asker=asker, strange=unknown)


_LIFE_OF_PURPOSE_TEXT = """
lunch dinner noon midnight tonight tomorrow curiosity today monday tuesday wednesday thursday friday
"""
_LIFE_OF_PURPOSE = _PEOPLE | frozenset(_LIFE_OF_PURPOSE_TEXT.split())


_FOR_HIMSELF_TEXT = """
my own our future sanity peace mind curiosity interest information understanding reference self me us
"""
_FOR_HIMSELF = frozenset(_FOR_HIMSELF_TEXT.split())


def _judged(word: str, place: int, asker: bool, runs_of_mine: bool, words: Words) -> int | None:
    """0 for a word of working life, 1 for one that no note holds, None for one of the work."""
    lower = re.sub(r"['’](?:s|m|ve|d|ll|re)?$", "", word.lower().replace("’", "'"))
    if (
        lower.endswith(("n't", "cant", "dont", "didnt", "wont", "isnt"))
        or lower in STOP_WORDS
        or (len(lower) < 3 and lower.isalpha() and word.islower())
    ):
        return 0
    if word[0].isdigit():
        return 0 if re.fullmatch(r"\d(?:st|nd|rd|th)", lower) else None
    if word in _SPOKEN_CAPITALS or lower in _CAPITALS:
        return 0
    if place > 0 and word != lower and word[0].isupper() and not re.match(r"I\b", word):
        return None
    if runs_of_mine and _OF_RUNS.match(lower):
        return 0
    if lower in _SITUATION:
        return 0
    if lower in _WORK or stem(lower) in _WORK:
        return None
    if lower in RUN_WORDS or lower in SETTING_WORDS:
        return None
    if is_everyday(lower) or is_soft(lower):
        return 0
    if all(part in _SITUATION or part in STOP_WORDS for part in lower.split("-")):
        return 0
    if words.holds(lower):
        return None
    if _TITLED_CASE.match(word) and place == 0 and asker:
        return 0
    return 1 if "-" in lower or is_english(lower) or _is_compound(lower) else None


def _of_the_work(word: str, words: Words) -> bool:
    """Whether a word is one of runs and results, or of the vault."""
    return word in _WORK or stem(word) in _WORK or word in RUN_WORDS or word in SETTING_WORDS or words.holds(word)


def _is_compound(word: str) -> bool:
    """ "Lifesaver", "homesick"."""
    return any(is_english(word[:place]) and is_english(word[place:]) for place in range(4, len(word) - 3))


def _is_mere(phrase: str, clause: str) -> bool:
    """Whether what a clause seems to name is a word of working life, or the day on which somebody asks."""
    dated = _ASKED_ON_A_DAY.search(clause) or _DOCUMENTS.intersection(re.findall(r"[a-z-]+", clause.lower()))
    if _NEAR_DAY.match(phrase.strip()) and dated:
        return True
    return all(
        word in _SITUATION or word in STOP_WORDS or re.fullmatch(r"\d(?:st|nd|rd|th)", word)
        for word in re.findall(r"[\w'’-]+", phrase.lower())
    )


def _is_busy(clause: str) -> bool:
    """ "Typing on the phone": what the asker is doing; "reading speed" is a thing."""
    busy = _OPENS_BUSY.match(clause)
    then = (busy["then"] or "").strip(" ,.").lower() if busy else ""
    return bool(busy) and (not then or then in _FUNCTION or then in _SITUATION)


_SOMEBODY_ASKS = re.compile(
    r"^\W*(?:(?:and|so|but|ok|also|now|because|since|as|the|a|an|my|our|his|another|some|that|this|one) )*"
    r"(?P<who>[\w'’-]+)(?: of (?:mine|ours|the \w+))?(?: (?:#?\d|(?-i:[A-Z])[\w'’-]+|from the \w+"
    r"|in the \w+))?\b(?P<does>.*)$",
    re.IGNORECASE,
)  # fmt: skip
_ASKS = re.compile(
    r"^\W*(?:\w+ )?(?:asks?|asked|asking|wants?|wanted|needs?|needed|is (?:asking|waiting|wondering|curious)|wonders?"
    r"|insists?|demands?|is asking|would like|expects?)\b",
    re.IGNORECASE,
)


def _is_asked(clause: str) -> bool:
    """Whether somebody asks, or waits: "advisor is asking", "reviewer 2 will ask this", "Lena wants to know"."""
    told = _SOMEBODY_ASKS.match(clause)
    if not told:
        return False
    who = told["who"].lower()
    if who in _PEOPLE:
        return bool(told["does"].strip())
    return bool(_TITLED_CASE.match(told["who"])) and bool(_ASKS.match(told["does"]))
