"""A job whose endpoint is made up: answers of known quality and diversity by arm, everything after them real.

No HTTP, no database: rows are kept in lists, and each round goes through `services/settling.think`, that is the real
admission, measures, targets, decision and planner. Quality: the chance that an answer passes the gates of documents is
a sum of effects of its format, audience and constraint (and, with several models, of the model), drawn anew for each
world, and of the combination. Diversity: some formats pull every text towards one direction and open it in one of few
ways, so that what passes the gates is not new.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256

import numpy as np

from app.domain import dedup, measuring
from app.domain.config import JobConfig
from app.domain.hashed_words import hash_texts
from app.domain.measuring import Member
from app.domain.planning import Planned
from app.domain.recipes.codetextbook import CODETEXTBOOK
from app.domain.targets import Decision, StopReason
from app.repositories.arm_trials import AskedRow
from app.repositories.generations import Body, Candidate, RepairRow
from app.repositories.jobs import JobRow
from app.repositories.rounds import RoundRow
from app.repositories.seeds import ScoredSeed
from app.services import planning, settling
from app.services.admitting import Row
from app.services.planning import Board
from app.services.settling import RoundData, Settled

SEEDS, TOPICS, DIMS, WORDS = 300, 16, 64, 60
EFFECT, OWN = 1.0, 0.4
"""Spread (log odds) of a part's effect on quality, and of what a combination adds."""
AUDIENCE_GRADES = dict(zip(CODETEXTBOOK.audiences, (6.0, 7.0, 8.0, 9.0, 8.5), strict=True))
NOW = datetime(2026, 1, 1, tzinfo=UTC)
JOB = JobRow(**dict.fromkeys(JobRow.__dataclass_fields__))  # type: ignore[arg-type]  # nothing here reads it
"""Settling reads a job's row in round 0 alone, which is made up here."""


@dataclass(frozen=True)
class Answer:
    """What the endpoint gave."""

    text: str
    passes: bool
    grade: float
    tokens: int
    vector: np.ndarray  # type: ignore[type-arg]  # float64 of unit length


class World:
    """Seeds and an endpoint, the same for every way of planning."""

    def __init__(self, rng_seed: int, *, models: dict[str, float] | None = None) -> None:
        rng = np.random.default_rng([rng_seed, 77])
        self.rng_seed, self.models = rng_seed, models or {}
        self.repeats_from = 10**9
        """The round from which the endpoint says nearly the same whatever it is asked."""
        names = (*CODETEXTBOOK.formats, *CODETEXTBOOK.audiences, *CODETEXTBOOK.constraints)
        self.effect = {name: float(rng.normal(0, EFFECT)) for name in names}
        self.own = {arm.name: float(rng.normal(0, OWN)) for arm in CODETEXTBOOK.arms}
        self.cost = {name: float(np.exp(rng.normal(0, 0.3))) for name in CODETEXTBOOK.formats}
        stale = rng.permutation(len(CODETEXTBOOK.formats))[:2].tolist()
        self.stale = {CODETEXTBOOK.formats[place] for place in stale}
        """Formats whose texts are all alike."""
        self.pull = {name: _unit(rng.normal(size=DIMS)) for name in CODETEXTBOOK.formats}
        self.centres = [_unit(rng.normal(size=DIMS)) for _ in range(TOPICS)]
        sizes = rng.dirichlet(np.full(TOPICS, 2.0))
        self.topic = rng.choice(TOPICS, SEEDS, p=sizes)
        self.vectors = [_unit(self.centres[t] + _unit(rng.normal(size=DIMS))) for t in self.topic]
        self.seeds, self.frozen = self._prepare(rng)

    def _prepare(self, rng: np.random.Generator) -> tuple[list[ScoredSeed], dict[str, object]]:
        texts = [_words(rng, int(topic)) for topic in self.topic]
        seeds, members = [], []
        for place, text in enumerate(texts):
            share = int.from_bytes(sha256(text.encode()).digest()[:4]) / 2**32
            split = "work" if share < 0.7 else "audit" if share < 0.9 else "eval"
            topic = int(self.topic[place])
            seeds.append(
                ScoredSeed(place + 1, place, "prose", split, 2.0, 50.0, 9.0, 0.9, WORDS, topic, None, b"", b"")
            )
            members.append(Member(text, place, topic, 50.0, 9.0, 0.9, WORDS, "prose"))
        vectors = np.array(self.vectors)
        measured = measuring.measure_members(members, vectors.astype(np.float32), rng_seed=self.rng_seed)
        others = ((vectors @ (vectors.T @ vectors)) * vectors).sum(axis=1) - 1.0
        reference = measuring.reference_of(measured)
        cap = float(np.percentile(others / (SEEDS - 1), 95))
        stored = {"vendi2": reference.vendi2, "spectrum": reference.spectrum, "cross": reference.cross}
        return seeds, {"reference": stored, "redundancy_cap": cap}

    def quality(self, call: Planned) -> float:
        """The chance that an answer passes the gates of documents."""
        arm = call.arm
        odds = self.effect[arm.format] + self.effect[arm.audience] + self.effect[arm.constraint] + self.own[arm.name]
        odds += self.models.get(call.model or "", 0.0) + (1.0 if call.why == "repair" else 0.0)
        return float(1.0 / (1.0 + np.exp(0.5 - odds)))

    def answer(self, call: Planned, number: int) -> Answer:
        """The answer to a call, the same whenever it is made."""
        rng = np.random.default_rng([self.rng_seed, call.rng_seed])
        place = (call.seed_id or 1) - 1
        arm, topic = call.arm, int(self.topic[place])
        own, pull = self.vectors[place], 1.3 if arm.format in self.stale else 0.25
        if number >= self.repeats_from:
            # It says the same few things about another topic each time, in words that no copy is found by.
            topic, own, pull = 0, self.centres[0], 0.6
        vector = _unit(own + pull * self.pull[arm.format] + 0.5 * _unit(rng.normal(size=DIMS)))
        grade = AUDIENCE_GRADES[arm.audience] - (1.0 if arm.constraint == "short sentences" else 0.0)
        opening = f"here {arm.format} {int(rng.integers(4 if arm.format in self.stale else 10**6))} begins now "
        tokens = round(400 * self.cost[arm.format] * float(np.exp(rng.normal(0, 0.2))))
        passes = bool(rng.random() < self.quality(call))
        return Answer(opening + _words(rng, topic), passes, grade + float(rng.normal(0, 0.8)), tokens, vector)


def _unit(vector: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]  # float64
    found: np.ndarray = vector / np.linalg.norm(vector)  # type: ignore[type-arg]  # likewise
    return found


def _words(rng: np.random.Generator, topic: int) -> str:
    """Words of a topic's own and of all topics."""
    own, common = rng.integers(400, size=WORDS), rng.integers(2000, size=WORDS)
    return " ".join(
        f"t{topic}w{a}" if mine else f"w{b}"
        for a, b, mine in zip(own.tolist(), common.tolist(), (rng.random(WORDS) < 0.5).tolist(), strict=True)
    )


@dataclass
class Run:
    """One job on a world, round by round."""

    world: World
    config: JobConfig
    made: list[Candidate] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)
    calls: list[tuple[int, Planned, Answer]] = field(default_factory=list)
    """(round, call, answer), by the id of the generation less one."""
    history: list[RoundRow] = field(default_factory=list)
    plan: dict[str, object] = field(default_factory=dict)
    """The summary of the round's plan."""
    tokens: int = 0

    def start(self) -> Settled:
        """The end of round 0: the first plan."""
        board = self._board()
        plan = planning.make_plan(board, self.config, number=1, approved=Counter(), short=())
        decision = Decision(None, "the seeds are prepared")
        return Settled(None, {}, (), decision, plan, board)

    def ask(self, last: Settled, number: int) -> Settled:
        """Make the calls of the last plan as round `number`, and settle it."""
        assert last.plan is not None
        first = len(self.calls)
        answers = [self.world.answer(call, number) for call in last.plan.calls]
        signatures = dedup.signatures_of(dedup.shingles(hash_texts([answer.text for answer in answers])))
        for place, (call, answer) in enumerate(zip(last.plan.calls, answers, strict=True)):
            self.calls.append((number, call, answer))
            self.texts[len(self.calls)] = answer.text
            self.made.append(self._candidate(place, number, call, answer, signatures[place].tobytes()))
        spent = sum(answer.tokens for answer in answers)
        self.tokens += spent
        funnel = {"answers": len(self.calls) - first, "tokens": spent}
        self.plan = last.plan.summary
        data = self._data(number, funnel)
        alive = [one for one in self.made if one.verdict in settling.POOLED]
        wanted = settling.want(data, alive)
        bodies = {id_: Body(self.texts[id_], {}) for id_ in wanted.ids}
        outcomes = settling.admit(data, wanted, bodies)
        settled = settling.think(data, wanted, bodies, outcomes)
        self._store(number, settled, outcomes)
        if settled.decision.stop is StopReason.plateau and number < self.config.max_rounds:
            # A person lets it go on, so that tokens to the target can be counted.
            return settling.think(replace(data, replan=True), wanted, bodies, outcomes)
        return settled

    def _candidate(self, place: int, number: int, call: Planned, answer: Answer, signature: bytes) -> Candidate:
        seed = self.world.seeds[(call.seed_id or 1) - 1]
        nearest = int(np.argmax([float(answer.vector @ centre) for centre in self.world.centres]))
        return Candidate(
            *(len(self.calls), number, place, seed.id, seed.split, "prose", sha256(answer.text.encode()).digest()),
            *(answer.text[:200], call.arm.name, "pending" if answer.passes else "dropped", 2.5, 60.0, answer.grade),
            *(0.9, WORDS, nearest, answer.vector.astype(np.float16).tobytes(), signature),
            *(call.model, call.parent_id),
        )

    def _data(self, number: int, funnel: dict[str, object]) -> RoundData:
        this = RoundRow(number, 1, number, "closing", self.plan, {}, {}, {}, NOW, None)
        return RoundData(
            job=JOB,
            config=self.config,
            round=this,
            history=list(self.history),
            seed_set=None,
            frozen=self.world.frozen,
            board=self._board(),
            funnel=funnel,
            used_up=None,
            replan=False,
        )

    def _board(self) -> Board:
        used: dict[int, set[str]] = {}
        repaired = {call.parent_id for _, call, _ in self.calls if call.parent_id}
        rows: Counter[tuple[int, str, str | None]] = Counter()
        tokens: Counter[tuple[int, str, str | None]] = Counter()
        repairs = []
        for place, (number, call, answer) in enumerate(self.calls):
            if call.parent_id is not None:
                continue
            used.setdefault(call.seed_id or 0, set()).add(call.arm.name)
            if not answer.passes and place + 1 not in repaired:
                repairs.append(RepairRow(place + 1, call.seed_id or 0, call.arm.name, 2.0, "too_hard", None))
            if self.made[place].split == "work":
                way = (number, call.arm.name, call.model)
                rows[way] += 1
                tokens[way] += answer.tokens
        asked = [AskedRow(way[0], *way, count, count, tokens[way], tokens[way]) for way, count in rows.items()]
        return Board(self.world.seeds, used, repairs, asked, {})

    def _store(self, number: int, settled: Settled, outcomes: Sequence[Row]) -> None:
        verdicts = {outcome[0]: outcome[1] for outcome in outcomes}
        self.made = [replace(one, verdict=verdicts.get(one.id, one.verdict)) for one in self.made]
        if settled.decision.stop is StopReason.collapse:
            self.made = [
                replace(one, verdict="dropped")
                if one.round_id == number and one.verdict in ("kept", "reserve")
                else one
                for one in self.made
            ]
        checks = [check.__dict__ for check in settled.checks]
        decision = {"stop": settled.decision.stop, "why": settled.decision.why, "checks": checks}
        self.history.append(RoundRow(number, 1, number, "settled", {}, {}, settled.measures, decision, NOW, NOW))
