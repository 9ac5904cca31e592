"""What a worker can do when a leave is not given, and what to know before asking, shown with every explanation."""

from __future__ import annotations

from huzhu.rules import Text

FLOOR = Text(
    "本省文本未收录时，国家规定仍是下限：见步骤“国家规定的天数”（女职工劳动保护特别规定第七条）。",
    "Where the province's own text is not modelled, the national rule is still the least she has: see the step "
    '"days by the national rule" (Order 619, Art. 7).',
)
DYSTOCIA = Text(
    "剖宫产不当然是难产：以医疗机构的证明或出院小结写明难产为准；上海明确如此要求。",
    "A caesarean is not by itself a difficult birth: it counts where the medical certificate or the discharge note "
    "says so; Shanghai asks for that in so many words.",
)
ORDER_619 = Text(
    "不给假或者少给假的，可以投诉、举报、申诉，可以申请劳动人事争议调解仲裁，对裁决不服可以起诉"
    "（女职工劳动保护特别规定第十四条）；由人力资源社会保障部门责令改正，按每人1000元以上5000元以下罚款（第十三条）。",
    "Where the leave is withheld or cut, she may complain or report it, ask for mediation and arbitration, and sue if "
    "the award is not accepted (Order 619, Art. 14); the authority orders a correction and fines the employer 1,000 to "
    "5,000 yuan for each worker (Art. 13).",
)
NO_NATIONAL_DAYS = Text(
    "国家没有规定这种假的天数，由各省规定（人口与计划生育法第二十五条）。",
    "No national text states days for this leave; each province does (population and family planning law, Art. 25).",
)
SHANDONG = Text(
    "在山东，用人单位不给假的，可以请求主管部门依法处理，申请仲裁，或者提起诉讼（《工人日报》2022年8月14日）。"
    "其他地方没有读到专门规定，请先找本单位或者上级工会。",
    "In Shandong a worker refused this leave may ask the authority to act, go to arbitration, or sue (Workers' Daily, "
    "14 August 2022). For other places no text was read; ask the union at work or the one above it first.",
)
