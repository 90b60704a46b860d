"""All the rails that there are."""

from tests.contract.onboarding.by_http import ByHttp
from tests.contract.onboarding.quickpay_rail import QuickpayRail
from tests.contract.onboarding.rails import Rail, SandboxRail
from tests.contract.onboarding.vipps_rail import VippsRail

OUTSIDE: list[type[ByHttp]] = [VippsRail, QuickpayRail]
ALL: list[type[Rail]] = [SandboxRail, *OUTSIDE]
