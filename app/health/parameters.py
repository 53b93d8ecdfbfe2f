"""The parameters of the formulas: weights, half-lives, role templates.

Weights and half-lives are judgements to be calibrated on real renewals, so none of them is buried in the arithmetic.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from types import MappingProxyType
from typing import Self

from app.surveys.scales import VALUE_WEIGHTS


@dataclass(frozen=True)
class RoleRule:
    """How many people an account should know in a role, how much they weigh in R and in V, and if they are key."""

    people: int
    weight: float
    value_weight: float
    is_key: bool = False


def _template(decision_makers: int, champions: int, admins: int, power_users: int) -> Mapping[str, RoleRule]:
    return MappingProxyType(
        {
            "decision_maker": RoleRule(decision_makers, 3, 4, is_key=True),
            "champion": RoleRule(champions, 3, 3, is_key=True),
            "admin": RoleRule(admins, 1, 1),
            "power_user": RoleRule(power_users, 2, 2),
        }
    )


def _weights(**weights: float) -> Callable[[], Mapping[str, float]]:
    return lambda: MappingProxyType(weights)


@dataclass(frozen=True)
class FormulaSet:
    """Every parameter of the scores. Half-lives, graces and `blend_days` are days; a snapshot keeps `version`."""

    version: str = "v1"
    templates: Mapping[int, Mapping[str, RoleRule]] = field(
        default_factory=lambda: MappingProxyType(
            {1: _template(2, 2, 1, 10), 2: _template(1, 1, 1, 5), 3: _template(1, 1, 0, 1)}
        )
    )
    usual_tier: int = 2
    other_role: RoleRule = RoleRule(0, 0.5, 0.5)

    relationship_weights: Mapping[str, float] = field(
        default_factory=_weights(footprint=0.15, engagement=0.30, sentiment=0.35, recency=0.10, followup=0.10)
    )
    known_weight_needed: float = 0.5
    ltr_points: tuple[float, ...] = (0, 6, 12, 18, 24, 30, 36, 50, 65, 85, 100)
    engagement_half_life: int = 180
    sentiment_half_life: int = 180
    sentiment_grace: int = 30
    recency_half_life: int = 90
    recency_grace: int = 30
    followup_half_life: int = 180
    threads: int = 3

    value_weights: Mapping[str, float] = field(default_factory=_weights(**VALUE_WEIGHTS))
    value_half_life: int = 120
    value_grace: int = 30
    buyer_roles: frozenset[str] = frozenset({"decision_maker"})
    buyer_half_life: int = 365
    value_ceiling: float = 80

    adoption_half_life: int = 60
    adoption_grace: int = 14

    stages: Mapping[str, Mapping[str, float]] = field(
        default_factory=lambda: MappingProxyType(
            {
                "onboarding": MappingProxyType({"relationship": 0.40, "adoption": 0.40, "value": 0.20}),
                "steady": MappingProxyType({"relationship": 0.35, "adoption": 0.35, "value": 0.30}),
                "renewal": MappingProxyType({"relationship": 0.35, "adoption": 0.25, "value": 0.40}),
            }
        )
    )
    usual_stage: str = "steady"
    blend_days: int = 30
    renewal_days: int = 120

    ceilings: Mapping[str, float] = field(
        default_factory=_weights(
            single_thread=50,
            low_engagement=50,
            low_sentiment=50,
            silent=60,
            silent_share=0.4,
            unasked=80,
            unhappy=40,
            unhappy_share=0.75,
            weakest=50,
        )
    )
    colours: Mapping[str, float] = field(
        default_factory=_weights(
            first_green=70,
            first_yellow=40,
            green_lost_below=68,
            red_below=38,
            green_from=72,
            yellow_from=42,
            days_to_rise=2,
        )
    )

    def template(self, tier: int | None) -> Mapping[str, RoleRule]:
        return self.templates.get(tier, self.templates[self.usual_tier])

    def rule(self, tier: int | None, role: str) -> RoleRule:
        return self.template(tier).get(role, self.other_role)

    def stage(self, name: str) -> Mapping[str, float]:
        """The weights of a stage; one that the formulas do not know weighs as the usual one."""
        return self.stages.get(name, self.stages[self.usual_stage])

    def as_json(self) -> dict:
        """Every parameter in plain types, to be kept beside the snapshots; `from_json` reads it back."""
        return {parameter.name: _plain(getattr(self, parameter.name)) for parameter in fields(self)}

    @classmethod
    def from_json(cls, stored: Mapping) -> Self:
        templates = {
            int(tier): MappingProxyType({role: RoleRule(**rule) for role, rule in template.items()})
            for tier, template in stored["templates"].items()
        }
        return cls(
            **{
                **stored,
                "templates": MappingProxyType(templates),
                "other_role": RoleRule(**stored["other_role"]),
                "ltr_points": tuple(stored["ltr_points"]),
                "buyer_roles": frozenset(stored["buyer_roles"]),
            }
        )


def _plain(parameter):
    match parameter:
        case RoleRule():
            return asdict(parameter)
        case Mapping():
            return {str(key): _plain(entry) for key, entry in parameter.items()}
        case frozenset():
            return sorted(parameter)
        case tuple():
            return list(parameter)
    return parameter


V1 = FormulaSet()
