"""Chinese texts of refusals about legal holds, erasure and what patients refuse."""

PRIVACY = {
    "HOLD_NOT_ASKED": "尚无人申请解除此项法律保全,请先申请。",
    "DIRECTIVE_KNOWN": "对相同的读者已有意愿记录,请先撤回。",
    "DIRECTIVE_WITHDRAWN": "该意愿记录已经撤回。",
    "DIRECTIVES_MANY": "该患者有效的意愿记录已达上限,请先撤回一项。",
    "ERASED": "此人的资料已被擦除,无法恢复;请重新登记。",
    "ERASURE_OPEN": "已有擦除申请,请批准或取消该申请。",
    "ERASURE_STATE": "擦除申请当前状态不允许此操作。",
    "LEGAL_HOLD": "该患者受法律保全,不能擦除;须由两人解除保全。",
    "PATIENT_PRESENT": "患者在院或已预约,请先结束就诊。",
    "LEAVES_HELD": "此段日志受法律保全,不能清理;须由两人解除保全。",
    "PRUNING_BEGUN": "相关日志正在清理,请稍后再设置保全。",
    "PRUNING_OPEN": "此段已有清理申请,或已清理。",
    "PRUNING_STATE": "清理申请当前状态不允许此操作。",
    "SEGMENT_CLOSED": "此归档段已由另一进程关闭。",
    "STILL_KEPT": "此段日志的保留期未满,不能清理。",
    "HOLD_LIFTED": "此项法律保全已经解除。",
}
