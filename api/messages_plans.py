"""Chinese texts of refusals about plans."""

PLANS = {
    "OWN_PLAN": "需要两人批准的条目,不能由申请方案的人批准。",
    "PERSON_NEEDED": "此处必须由人决定,不能自动执行。",
    "RULE_STATE": "该规则已不在待确认状态。",
    "NO_ANSWER": "求解器未能回答此问题。",
    "NOT_READY": "方案尚未算出,暂时没有条目。",
    "SOLVERS_BUSY": "正在回答其他问题,请稍后再问。",
    "EARLIER_STEP_FELL_OUT": "前面的步骤无法执行,本步骤已取消。",
    "SCENARIO_ONLY": "这是假设情景,只供比较,不能批准或执行。",
}
