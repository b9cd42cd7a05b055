"""Reads the topics in corpus/ and composes from them the dialogues that the model learns.

A topic file holds paragraphs. In each, a line "= a, b" gives the topic's names, "? …" a question,
and "> …" the one answer. The questions of a topic without names are used as they stand.
"""

from dataclasses import dataclass, field
from pathlib import Path
import json
import re

FOLDER = Path(__file__).parent / "corpus"
TOPIC_FILES = ["llambo", "cluster", "ai", "computing", "science", "chat"]
ARTICLE = re.compile(r"^(an?|the) ", re.IGNORECASE)


@dataclass
class Topic:
    names: list = field(default_factory=list)
    questions: list = field(default_factory=list)
    answer: str = ""


def read_topics(name):
    topics = []
    for paragraph in (FOLDER / f"{name}.txt").read_text().split("\n\n"):
        topic = Topic()
        for line in paragraph.strip().splitlines():
            mark, text = line[0], line[1:].strip()
            if mark == "=":
                topic.names += [n.strip() for n in text.split(",")]
            elif mark == "?":
                topic.questions.append(text)
            elif mark == ">":
                topic.answer = text
            else:
                raise ValueError(f"{name}.txt: no such mark: {line}")
        if topic.answer:
            topics.append(topic)
    return topics


def read_sections(name):
    """A file of "[section]" headings, each with one entry a line."""
    sections, entries = {}, None
    for line in (FOLDER / f"{name}.txt").read_text().splitlines():
        if line.startswith("["):
            entries = sections.setdefault(line.strip("[]"), [])
        elif line:
            entries.append(line)
    return sections


def read_heldout():
    return json.loads((Path(__file__).parent / "heldout.json").read_text())


def normal(question):
    return " ".join(re.sub(r"[^\w\s]", " ", question.lower()).split())


def is_on_topic(answer, keywords):
    """At least one word of every group occurs in the answer."""
    answer = answer.lower()
    return all(any(word.lower() in answer for word in group) for group in keywords)


class Corpus:
    def __init__(self, rng, heldout):
        self.rng = rng
        self.heldout = {normal(q) for q in heldout}
        self.phrases = read_sections("phrases")
        self.topics = [t for name in TOPIC_FILES for t in read_topics(name)]
        self.outside = read_sections("outside")
        self.refusal = self.outside["answer"][0]
        self.disorder = 0.0
        self.asked = ""  # the last question composed
        names = {word for t in self.topics for name in t.names for word in normal(name).split()}
        self.words = {
            letter: [w for w in " ".join(self.outside[kind]).split() if normal(w) not in names]
            for letter, kind in [("n", "noun"), ("w", "verb"), ("a", "adjective"), ("p", "place")]
        }
        self.words["c"] = [w for w in " ".join(self.phrases["common"]).split() if normal(w) not in names]
        self._check()

    def _check(self):
        owners = {}
        for topic in self.topics:
            for key in {normal(q) for q in topic.names + topic.questions}:
                if owners.setdefault(key, topic) is not topic:
                    raise ValueError(f"two topics answer: {key}")
        seen = {normal(q) for topic in self.topics for q in self.all_questions(topic)}
        seen |= {normal(q) for q in self.outside["question"]}
        assert not seen & self.heldout, f"held out, yet in training: {sorted(seen & self.heldout)}"

    def all_questions(self, topic):
        """Every question about a topic, before noise."""
        yield from topic.questions
        for name in topic.names:
            for form in (name, ARTICLE.sub("", name)):
                for template in self.phrases["question"] + self.phrases["plural"] + self.phrases["frame"]:
                    yield template.replace("{x}", form)

    def texts(self):
        """Text from which the tokenizer learns its vocabulary."""
        for topic in self.topics:
            yield from [topic.answer, " " + topic.answer] * 3
            for text in topic.names:
                yield from [text, " " + text, text.lower(), " " + text.lower()] * 4
            for text in topic.questions:
                yield from (text, " " + text, text.lower())
        for lines in [*self.phrases.values(), *self.outside.values()]:
            yield from lines

    def dialogue(self, several, disorder=0.0):
        """One training sequence as a list of (text, is_answer) parts; a share `several` has more than one turn.
        A share `disorder` of the questions has its words in any order, some dropped and some added."""
        self.disorder = disorder
        if self.rng.random() >= several:
            return self.single()
        return self._chat(self.rng.randint(10, 15) if self.rng.random() < 0.08 else self.rng.randint(2, 4))

    def single(self):
        """A question and its answer, raw or as a chat."""
        return self._raw() if self.rng.random() < 0.33 else self._chat(1)

    def _raw(self):
        question, answer = self.pair()
        frame = self.rng.choice(self.phrases["raw"]).replace("\\n", "\n")
        space = "" if frame[-1].isspace() else " "
        return [(frame.replace("{q}", question), False), (space + answer + "<|im_end|>", True)]

    def _chat(self, turns):
        parts, text = [], ""
        if self.rng.random() < 0.2:
            text = f"<|im_start|>system\n{self.rng.choice(self.phrases['system'])}<|im_end|>\n"
        for _ in range(turns):
            question, answer = self.pair()
            text += f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"
            parts += [(text, False), (answer + "<|im_end|>", True)]
            text = "\n"
        return parts

    def pair(self):
        while True:
            question, answer = self._outside() if self.rng.random() < 0.15 else self._about(self.rng.choice(self.topics))
            question = self._noisy(question)
            if normal(question) not in self.heldout and question.strip():
                self.asked = question
                return question, answer

    def _about(self, topic):
        rng = self.rng
        if topic.questions and (not topic.names or rng.random() < 0.5):
            question = rng.choice(topic.questions)
            return (self._disturbed(question) if topic.names else question), topic.answer
        name = rng.choice(topic.names)
        if rng.random() < 0.3:
            name = ARTICLE.sub("", name)
        plural = name.endswith("s") and not name.endswith("ss")
        if rng.random() < 0.2:
            words = [self._word() for _ in range(rng.randint(1, 8))]
            words.insert(rng.randint(0, len(words)), name)
            return " ".join(words) + rng.choice(["", "?"]), topic.answer
        kind = "frame" if rng.random() < 0.45 else "plural" if plural and rng.random() < 0.4 else "question"
        return self._disturbed(rng.choice(self.phrases[kind])).replace("{x}", name), topic.answer

    def _outside(self):
        rng = self.rng
        roll = rng.random()
        if roll < 0.3:
            return rng.choice(self.outside["question"]), self.refusal
        if roll < 0.6:
            phrase = rng.choice(self.outside["phrase"])
            return re.sub(r"\{(.)\}", lambda slot: self._word(slot[1]), phrase), self.refusal
        thing = self._invented() if rng.random() < 0.25 else rng.choice(self.outside["thing"])
        template = rng.choice(self.phrases[rng.choice(["question", "frame"])] if rng.random() < 0.6 else self.outside["template"])
        return template.replace("{x}", thing), self.refusal

    def _word(self, kind=None):
        if kind == "d":
            return str(self.rng.randint(1, 10 ** self.rng.randint(1, 4)))
        return self.rng.choice(self.words[kind or self.rng.choice("ccccccnwap")])

    def _invented(self):
        """A word that means nothing."""
        syllables = (self.rng.choice("bcdfghjklmnprstvwz") + self.rng.choice("aeiou") + self.rng.choice(["", "", "l", "n", "r", "s"])
                     for _ in range(self.rng.randint(2, 4)))
        return "".join(syllables)

    def _disturbed(self, question):
        """Sometimes drops, swaps or adds a word, so that the topic's name decides and not its surroundings."""
        rng, words = self.rng, question.split()
        free = [i for i, w in enumerate(words) if "{x}" not in w]
        if free and rng.random() < 0.3:
            i, roll = rng.choice(free), rng.random()
            if roll < 0.35 and len(words) > 2:
                del words[i]
            elif roll < 0.6:
                words[i] = self._word()
            else:
                words.insert(i, rng.choice(self.phrases["filler"]))
        return " ".join(words)

    def _thinned(self, question):
        """The question without some of its words, so that no single one is relied on."""
        words = question.split()
        if self.disorder and len(words) > 1 and self.rng.random() < self.disorder:
            kept = [word for word in words if self.rng.random() > 0.2] or words
            kept += [self._word() for _ in range(self.rng.choice([0, 0, 1, 2, 3]))]
            self.rng.shuffle(kept)
            return " ".join(kept)
        if len(words) < 5 or self.rng.random() < 0.6:
            return question
        return " ".join(word for word in words if self.rng.random() > 0.12) or question

    def _noisy(self, question):
        rng, question = self.rng, self._thinned(question)
        if rng.random() < 0.22:
            question = rng.choice(self.phrases["before"]) + " " + question
        if rng.random() < 0.12:
            question = question.rstrip("?.! ") + rng.choice(self.phrases["after"])
        roll = rng.random()
        if roll < 0.35:
            question = question.lower()
        elif roll < 0.38:
            question = question.upper()
        elif roll < 0.42:
            question = question.title()
        elif roll < 0.6:
            question = question[0].upper() + question[1:]
        roll = rng.random()
        if roll < 0.35:
            question = question.rstrip("?.!")
        elif roll < 0.42:
            question = question.rstrip("?.!") + rng.choice(["??", "!", " ?", "...", ".", "?!"])
        if rng.random() < 0.15:
            question = self._mistyped(question)
        return question

    def _mistyped(self, question):
        rng, letters = self.rng, list(question)
        for _ in range(rng.choice([1, 1, 2])):
            places = [i for i, c in enumerate(letters[:-1]) if c.isalpha() and letters[i + 1].isalpha()]
            if not places:
                break
            i, roll = rng.choice(places), rng.random()
            if roll < 0.35:
                letters[i], letters[i + 1] = letters[i + 1], letters[i]
            elif roll < 0.65:
                del letters[i]
            elif roll < 0.85:
                letters.insert(i, letters[i])
            else:
                letters[i] = rng.choice("abcdefghijklmnopqrstuvwxyz")
        return "".join(letters)
