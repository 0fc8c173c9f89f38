"""Chinese texts of refusals about plans."""

PLANS = {
    "EARLIER_STEP_FELL_OUT": "前面的步骤无法执行,本步骤已取消。",
    "SCENARIO_ONLY": "这是假设情景,只供比较,不能批准或执行。",
}
