"""Leave for a birth, for small children and for parents in hospital, nationally and in seven provinces (Workers' Daily,
14 August 2022, and the texts that policy.toml lists).
"""

from __future__ import annotations

from huzhu.policies.family_leave.birth_leave import MATERNITY, MISCARRIAGE, PATERNITY
from huzhu.policies.family_leave.yearly_leave import CARE, CHILDCARE

DRAFTS = (MATERNITY, MISCARRIAGE, PATERNITY, CHILDCARE, CARE)
