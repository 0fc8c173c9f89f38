"""The policy as a page for people: docs/roles.md, made from authz/policy.csv."""

from collections.abc import Iterator

from authz.classes import DataClass
from authz.rules import Holder, Rule
from authz.shipped import ShippedPolicy

_HEAD = """# Roles

Made from `authz/policy.csv` by `python -m authz.matrix > docs/roles.md`; do not edit it here.

A role is granted in the network, in a hospital or in a ward, and holds in everything inside.
Whatever is not named here is denied. Letters are classes of data:
"""
PARTLY = (".assigned", ".emergency")
_LEGEND = " · ".join(f"{c.value} {c.name.lower()}" for c in DataClass)


def roles_page(policy: ShippedPolicy) -> str:
    """Markdown: who sees what, who may do what, who may not be the same person."""
    shown = {role: kind for role, kind in policy.roles.items() if kind is not Holder.PART}
    rules = sorted(policy.rules)
    parts = [
        _HEAD, _LEGEND, "\n\n## Who sees what\n\n",
        "| role | held by | sees of everyone | of own patients, or a break-glass's | never |\n",
        "|---|---|---|---|---|\n",
        *(_sight_line(role, kind, policy, rules) for role, kind in shown.items()),
        "\n## Who may do what\n\n| role | actions |\n|---|---|\n",
        *(_action_line(role, rules) for role in shown),
        "\n## Who has to say what for\n\n",
        "One of these [purposes of use](purpose-and-consent.md) has to be stated.\n\n",
        "| role | action | purposes |\n|---|---|---|\n",
        *_purpose_lines(policy),
        "\n## Never the same person\n\n",
        *(f"- {one} and {other}\n" for one, other in sorted(policy.exclusions)),
    ]  # fmt: skip
    return "".join(parts)


def _sight_line(role: str, kind: Holder, policy: ShippedPolicy, rules: list[Rule]) -> str:
    seen = [rule for rule in rules if rule.role == role and rule.action.startswith("see.")]
    everyone = "".join(r.action[4] for r in seen if r.eft == "allow" and len(r.action) == 5)
    assigned = "".join(r.action[4] for r in seen if r.action.endswith(PARTLY))
    never = "".join(r.action[4] for r in seen if r.eft == "deny")
    codes = ", with one-time codes" if role in policy.totp else ""
    held_by = kind.value.lower().replace("_", " ") + codes
    letters = " | ".join(" ".join(word) for word in (everyone, assigned, never))
    return f"| {role} | {held_by} | {letters} |\n"


def _purpose_lines(policy: ShippedPolicy) -> Iterator[str]:
    for role, action in sorted({(one.role, one.action) for one in policy.purposes}):
        codes = sorted(p.purpose for p in policy.purposes if (p.role, p.action) == (role, action))
        yield f"| {role} | `{action}` | {' '.join(codes)} |\n"


def _action_line(role: str, rules: list[Rule]) -> str:
    actions = [
        f"`{rule.action}`"
        for rule in rules
        if rule.role == role and rule.eft == "allow" and not rule.action.startswith("see.")
    ]
    return f"| {role} | {' '.join(actions)} |\n"


if __name__ == "__main__":
    import sys

    from authz.shipped import shipped_policy

    sys.stdout.write(roles_page(shipped_policy()))
