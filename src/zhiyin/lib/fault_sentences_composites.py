"""What we say when a composite that somebody defines cannot be taken."""

COMPOSITE_SENTENCES = {
    "composite_invalid.key": (
        "{field} must be small letters, digits and underscores, at most 60, beginning with a letter.",
        "「{field}」只能用小写字母、数字和下划线，以字母开头，最多 60 个。",
    ),
    "composite_invalid.taken": (
        "{name} is a measure of the product. Choose another key.",
        "{name} 是系统自带的指标，请换一个键。",
    ),
    "composite_invalid.weight_name": (
        "A weight cannot be called {name}: use small letters, and no name of a measure.",
        "权重不能叫 {name}：请用小写字母，且不与指标重名。",
    ),
    "composite_invalid.weight": ("The weight {name} is not a number.", "权重 {name} 不是数字。"),
    "composite_invalid.no_measure": (
        "{field} names no measure. A composite is made of at least one.",
        "「{field}」没有用到任何指标，复合指标至少要用一个。",
    ),
    "composite_invalid.unused": ("The weight {name} is not used in the formula.", "公式里没有用到权重 {name}。"),
    "composite_invalid.circle": (
        "{name} would be made of itself. Leave out what it is part of.",
        "{name} 会用到自己，请去掉包含它的指标。",
    ),
}
