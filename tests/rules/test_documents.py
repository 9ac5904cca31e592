"""A decision as one JSON document: the same decision when it is read again, another version when anything in it changes, and
refused, never run, when it is not what this version writes.
"""

from __future__ import annotations

import builtins
import copy
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest

from huzhu import policies
from huzhu.bulk.plan import lower
from huzhu.rules import FactError, Gives, Program, RuleError, Text, Valid, const, fact_or, prefix, share, when
from huzhu.rules.decider import Decider
from huzhu.rules.documents import document, version
from huzhu.rules.documents import program as read
from huzhu.rules.parameters import UNPUBLISHED
from tests.rules.written import EVERY_KIND, LONG_AGO, WORD, decision, gives, parameter, rule, value

Json = dict[str, Any]
DECISIONS = [(one, name) for one in policies.POLICIES for name in policies.get(one).drafts]


def small() -> Program:
    """A little of everything a document can hold."""
    table = parameter("table", "money", value(LONG_AGO, 5, key="31"), value(LONG_AGO, UNPUBLISHED, key="37"), by="text")
    day = parameter("day", "date", value(LONG_AGO, LONG_AGO))
    within = rule("within", lambda r: r.on >= r.value("day", on=r.on), says=Text("{on}", "{day}"), restriction=True)
    return decision(
        *EVERY_KIND,
        rules=(within, rule("listed", lambda r: r.word.is_in(["a", "b"]) | r.truth)),
        results=(
            gives(
                "sum",
                lambda r: when(
                    r.truth, r.value("table", on=r.on, by=prefix(r.word, 2)), share(r.money, r.rate, rounding="down")
                ),
            ),
            gives("until", lambda r: fact_or(r.end, r.on) + r.length, needed=False),
            Gives("codes", WORD, codes={"few": lambda r: r.number < 3, "always": lambda _: const(True)}),
        ),
        parameters=(table, day),
        steps={"age": (WORD, lambda r: r.number)},
        valid=(Valid("end", lambda r: fact_or(r.end, r.on) >= r.on, WORD),),
        unique=(("word",),),
        date_fact="on",
        advice=(WORD,),
    )


def through_text(stored: Json) -> Json:
    found: Json = json.loads(json.dumps(stored, ensure_ascii=False))
    return found


@pytest.mark.parametrize(("policy_id", "name"), DECISIONS)
def test_a_decision_read_from_its_document_is_the_same_decision(policy_id: str, name: str) -> None:
    policy = policies.get(policy_id)
    for overlay in (None, *policy.overlays):
        program = policy.program(name, overlay=overlay)
        stored = through_text(document(program))
        assert read(stored) == program
        assert document(read(stored)) == stored
        assert version(stored) == version(document(program)) == Decider(program).version


def test_a_document_sorted_by_name_is_the_same_version_and_decides_the_same() -> None:
    program = policies.get("shanghai-gig-mutual-aid").program("claims", overlay="demo")
    text = json.dumps(document(program), sort_keys=True)
    again = read(json.loads(text))
    assert version(json.loads(text)) == version(document(program))
    row = {"claim_id": "C1", "benefit": None}
    assert Decider(again).decide(row) == Decider(program).decide(row)


def test_a_version_is_a_hash_that_does_not_hang_on_the_process() -> None:
    code = (
        "from huzhu import policies; from huzhu.rules.documents import document, version\n"
        "print(version(document(policies.get('heat-work').program('measures'))))"
    )
    said = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert said == [version(document(policies.get("heat-work").program("measures")))] * 2
    assert len(said[0]) == 64


def leaves(stored: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(stored, dict | list) and stored:
        for key in stored if isinstance(stored, dict) else range(len(stored)):
            yield from leaves(stored[key], (*path, key))
    else:
        yield path


def put(stored: Json, path: tuple[Any, ...], new: Any) -> Json:
    changed = copy.deepcopy(stored)
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = new
    return changed


def test_whatever_changes_in_a_document_changes_its_version() -> None:
    stored = document(small())
    versions = {version(put(stored, path, "changed")) for path in leaves(stored)}
    assert len(versions) == len(set(leaves(stored)))
    assert version(stored) not in versions


def test_a_version_changes_with_a_value_a_sentence_and_an_overlay() -> None:
    policy = policies.get("shanghai-gig-mutual-aid")
    programs = [
        policy.program("claims"),
        policy.program("claims", overlay="demo"),
        policy.program("claims", changes={"overall_limit": "1"}),
    ]
    assert len({version(document(one)) for one in programs}) == 3


# Not what this version writes


def set_op(number: int, place: int, new: Any) -> Callable[[Json], None]:
    def change(stored: Json) -> None:
        stored["nodes"][number][place] = new

    return change


def number_of(op: str) -> int:
    return next(number for number, one in enumerate(small().nodes) if one.op == op)


TAMPERED: dict[str, tuple[Callable[[Json], Any], str]] = {
    "another format": (lambda d: d.update(format="huzhu-policy/2"), "format must be 'huzhu-policy/1'"),
    "no format": (lambda d: d.pop("format"), "format must be"),
    "a part cut away": (lambda d: d.pop("tests"), "damaged: KeyError"),
    "no operators": (lambda d: d.update(nodes=None), "damaged"),
    "an operator that needs itself": (set_op(number_of("ge"), 2, [number_of("ge"), 0]), "is cyclic"),
    "an operator that needs a later one": (set_op(number_of("ge"), 2, [len(small().nodes) - 1, 0]), "is cyclic"),
    "an operand below 0": (set_op(number_of("ge"), 2, [-1, 0]), "is cyclic or needs what is not there"),
    "an operand that is no number": (set_op(number_of("ge"), 2, ["0", 0]), "is cyclic or needs what is not there"),
    "an operand that is true": (set_op(number_of("when"), 2, [True, 0, 0]), "is cyclic or needs what is not there"),
    "too few operands": (set_op(number_of("ge"), 2, [0]), "cannot be read"),
    "too many operands": (set_op(number_of("share"), 2, [0, 0, 0]), "cannot be read"),
    "an operator there is not": (set_op(number_of("ge"), 0, "evil"), "there is no operator 'evil'"),
    "operands of other kinds": (set_op(number_of("or"), 2, [0, 0]), "needs two bools"),
    "another kind of result": (set_op(number_of("share"), 1, "int"), "gives money, it says int"),
    "a fact there is not": (set_op(0, 3, "nobody"), "operator 0|damaged"),
    "a float": (set_op(number_of("const"), 3, 1.5), "float|not a"),
    "a rounding there is not": (set_op(number_of("share"), 3, "even"), "must be 'down'"),
    "code as the length of a prefix": (set_op(number_of("prefix"), 3, "2] + evil()[:1"), "positive length"),
    "a test that is nowhere": (lambda d: d["tests"][0].update(passes=999), "there is no operator 999"),
    "a test that is code": (lambda d: d["tests"][0].update(passes="0 or evil()"), "there is no operator"),
    "a test that is no truth": (lambda d: d["tests"][0].update(passes=0), "operator 0 is int"),
    "a result that is code": (lambda d: d["results"][1].update(node="0 or evil()"), "there is no operator"),
    "a list of codes with an operator of its own": (
        lambda d: d["results"][2].update(node="0 or evil()"),
        "no operator of its own",
    ),
    "a result called by code": (lambda d: d["results"][0].update(name="x = evil()"), "a name is small letters"),
    "a step called by code": (lambda d: d.update(steps={"x': evil(), 'y": [0, ["", ""]]}), "a name is small letters"),
    "a fact called by code": (lambda d: d["facts"][0].update(name='a"; evil()'), "a name is small letters"),
    "digits that are code": (lambda d: d["facts"][-1].update(digits="6}') OR evil("), "choices are texts, and digits"),
    "bounds that are code": (lambda d: d["facts"][0].update(low="0 OR evil()", high="1"), "a bool has no bounds"),
    "a value of another kind": (
        lambda d: d["parameters"]["day"]["values"][0].update(value="soon"),
        "'soon' is not a date",
    ),
    "values that overlap": (
        lambda d: d["parameters"]["day"]["values"].append(d["parameters"]["day"]["values"][0]),
        "overlap",
    ),
    "a parameter there is not": (lambda d: d["parameters"].pop("day"), "operator"),
    "a source there is not": (lambda d: d.update(sources={}), "sources cited but not listed: text"),
    "words in one language": (lambda d: d.update(title=["only"]), "damaged"),
    "words that are numbers": (lambda d: d.update(title=[1, 2]), "damaged"),
    "an unknown part of a fact": (lambda d: d["facts"][0].update(strange=1), "damaged"),
    "two facts of one name": (lambda d: d["facts"].append(d["facts"][0]), "fact declared twice"),
    "bounds that leave 64 bits": (lambda d: d["facts"][1].update(high=2**80), "bounds must be"),
    "numbers that could leave 64 bits": (lambda d: d["facts"][2].update(high=2**61), "64 bits|could reach"),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_a_document_that_was_tampered_with_is_refused_in_words(how: str) -> None:
    change, said = TAMPERED[how]
    stored = through_text(document(small()))
    assert read(stored) == small()
    change(stored)
    with pytest.raises(RuleError, match=said):
        read(stored)


@pytest.mark.parametrize("stored", [None, [], "x", 5, {}, {"format": None}])
def test_what_is_no_document_is_refused(stored: Any) -> None:
    with pytest.raises(RuleError, match="not a policy document this version reads"):
        read(stored)


HOSTILE = [
    "evil()", "0 or evil()", "1", "'", '"', "x') OR evil('", "2] + evil()[:1", "{evil()}", "\n    evil()\n", "int", "codes", "date",
    "2020-13-01", "", -1, 0, 1, 5, 10**6, 2**70, 1.5, float("nan"), True, False, None, [], {}, [0], ["a"], [None], {"date": "x"},
    {"date": "2020-01-01"}, {"unpublished": True},
]  # fmt: skip


def damaged(stored: Json, rng: Random) -> Json:
    """The document with one place in it cut away, renamed or replaced."""
    path = rng.choice(list(leaves(stored)))
    path = path[: rng.randint(max(1, len(path) - 2), len(path))]
    changed = put(stored, path, rng.choice(HOSTILE))
    place: Any = changed
    for key in path[:-1]:
        place = place[key]
    if rng.random() < 0.1:
        del place[path[-1]]
    elif isinstance(place, dict) and rng.random() < 0.1:
        place[rng.choice([one for one in HOSTILE if isinstance(one, str)])] = place.pop(path[-1])
    return changed


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_document_is_refused_or_decides_but_never_runs_what_it_holds(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[Any] = []
    monkeypatch.setattr(builtins, "evil", ran.append, raising=False)
    claims = policies.get("shanghai-gig-mutual-aid").program("claims", overlay="demo")
    stored = [through_text(document(one)) for one in (small(), claims)]
    rng, refused = Random(seed), 0
    for _ in range(150):
        one = damaged(rng.choice(stored), rng)
        try:
            program = read(one)
        except RuleError:
            refused += 1
            continue
        lower(program)
        try:
            Decider(program).explain({fact.name: "x" if fact.required else None for fact in program.facts})
        except FactError:
            continue
    assert ran == []
    assert refused > 50
