"""What is made of the runs: medians, the goals, tables, and the plot."""

import statistics

# What each figure is called in a table, and how it is shown.
COLUMNS = (
    ("orders_per_s", "orders/s", "{:,.0f}"),
    ("published_per_s", "published/s", "{:,.0f}"),
    ("decided_per_s", "decided/s", "{:,.0f}"),
    ("redis_us_per_order", "redis us/order", "{:.2f}"),
    ("worker_us_per_delivery", "worker us/delivery", "{:.2f}"),
    ("producer_us_per_order", "producer us/order", "{:.2f}"),
    ("total_us_per_order", "all us/order", "{:.2f}"),
    ("bytes_in_per_order", "bytes in", "{:,.0f}"),
    ("bytes_out_per_order", "bytes out", "{:,.0f}"),
    ("bytes_per_entry", "bytes/entry", "{:.0f}"),
    ("p50_us", "p50 us", "{:,.0f}"),
    ("p99_us", "p99 us", "{:,.0f}"),
    ("p999_us", "p99.9 us", "{:,.0f}"),
    ("private_kib", "own KiB/instance", "{:,.0f}"),
    ("held", "held", "{:.0f}"),
    ("ack_pause_ms", "ack pause ms", "{:.0f}"),
    ("held_done_ms", "held done ms", "{:.0f}"),
    ("first_ack_ms", "first ack ms", "{:.0f}"),
    ("heartbeat_percent", "heartbeat %", "{:.2f}"),
    ("supervisor_percent", "ordermqd %", "{:.2f}"),
    ("status_percent", "status %", "{:.2f}"),
    ("upkeep_percent", "together %", "{:.2f}"),
)


class Results:
    """The figures of all runs: by case, contender and round."""

    def __init__(self):
        self.runs = {}

    def add(self, case, contender, figures):
        self.runs.setdefault(case, {}).setdefault(contender, []).append(figures)

    def values(self, case, contender, figure):
        return [run[figure] for run in
                self.runs.get(case, {}).get(contender, []) if figure in run]

    def ratios(self, case, contender, figure, other):
        """Round by round, since a round's runs stand side by side."""
        return [a / b for a, b in zip(self.values(case, contender, figure),
                                      self.values(case, other, figure))]

    def differences(self, case, contender, figure, other):
        return [a - b for a, b in zip(self.values(case, contender, figure),
                                      self.values(case, other, figure))]

    def growths(self, case, small, contender, figure, other):
        """How much more a contender grows from small to case than the
        other."""
        mine = zip(self.values(case, contender, figure),
                   self.values(small, contender, figure))
        its = zip(self.values(case, other, figure),
                  self.values(small, other, figure))
        return [a / b / (c / d) for (a, b), (c, d) in zip(mine, its)]


def spread(values):
    return statistics.median(values), min(values), max(values)


def goals(results, growth_cases):
    """Every goal with the values that are held against it."""
    r = results
    redis, workers = "redis_us_per_order", "worker_us_per_delivery"
    total, rate = "total_us_per_order", "orders_per_s"
    rows = [
        ("saturation: redis CPU an order / bare", "<=", 1.10,
         r.ratios("saturation", "ordermq", redis, "bare")),
        ("saturation: redis CPU an order / lua1", "<=", 1.25,
         r.ratios("saturation", "ordermq", redis, "lua1")),
        ("saturation: orders/s / lua1", ">=", 0.80,
         r.ratios("saturation", "ordermq", rate, "lua1")),
        ("drain, no-op handler: worker us a delivery", "<=", 0.35,
         r.values("drain noop", "ordermq", workers)),
        ("drain, no-op handler: worker CPU / bare", "<=", 0.35 / 0.16,
         r.ratios("drain noop", "ordermq", workers, "bare")),
        ("p50 at 1,000 orders/s: us above bare", "<=", 30,
         r.differences("latency 1000/s", "ordermq", "p50_us", "bare")),
        ("CSV producer: published/s / bare", ">=", 0.80,
         r.ratios("publish csv", "ordermq", "published_per_s", "bare")),
        ("8 instances a group: CPU of all an order / bare", "<=", 1.15,
         r.ratios("8 instances a group", "ordermq", total, "bare")),
        ("flash sale: decided/s / bare script", ">=", 0.80,
         r.ratios("seckill", "ordermq", "decided_per_s", "bare")),
        ("kill -9: pause of acknowledgements, ms", "<", 250,
         r.values("kill -9", "ordermq", "ack_pause_ms")),
        ("kill -9: what it held is done, ms", "<", 1000,
         r.values("kill -9", "ordermq", "held_done_ms")),
        ("restart of Redis: first acknowledgement, ms", "<", 1000,
         r.values("restart of redis", "ordermq", "first_ack_ms")),
        ("heartbeats, boards, status: % of a core", "<", 1,
         r.values("upkeep", "ordermq", "upkeep_percent")),
    ]
    for case, small in growth_cases:
        rows.append((f"growth to {case}: redis CPU / bare's growth", "<=",
                     1.10, r.growths(case, small, "ordermq", redis, "bare")))
    return [goal(*row) for row in rows if row[3]]


def goal(name, relation, limit, values):
    """Missed only when not even the best value is within the limit: on a
    machine that others use, a median outside of it may be their doing."""
    middle, least, most = spread(values)
    best = most if relation == ">=" else least
    return {"kind": "goal", "name": name, "relation": relation,
            "limit": limit, "median": middle, "min": least, "max": most,
            "met": holds(middle, relation, limit),
            "verdict": "met" if holds(middle, relation, limit) else
                       "met in part" if holds(best, relation, limit) else
                       "missed"}


def holds(value, relation, limit):
    return (value >= limit if relation == ">=" else
            value < limit if relation == "<" else value <= limit)


def table(results):
    """All cases as text: the median, and from least to most."""
    lines = []
    for case, contenders in results.runs.items():
        columns = [column for column in COLUMNS if any(
            column[0] in runs[0] for runs in contenders.values())]
        rows = [[case] + [name for _, name, _ in columns]]
        for contender, runs in contenders.items():
            cells = [f"  {contender} x {len(runs)}"]
            for figure, _, form in columns:
                values = results.values(case, contender, figure)
                cells.append(shown(values, form))
            rows.append(cells)
        lines += aligned(rows) + [""]
    return "\n".join(lines)


def calls_table(results, case):
    """Commands an order, as the server counted them: the last round's."""
    contenders = results.runs.get(case, {})
    counts = {name: runs[-1]["calls_per_order"]
              for name, runs in contenders.items()}
    names = sorted({name for calls in counts.values() for name in calls})
    if not names:
        return ""
    rows = [[f"{case}: commands an order"] + list(counts)]
    for name in names:
        rows.append(["  " + name] + [f"{calls.get(name, 0):.3f}"
                                     for calls in counts.values()])
    return "\n".join(aligned(rows)) + "\n"


def shown(values, form):
    if not values:
        return "-"
    middle, least, most = (form.format(value) for value in spread(values))
    return middle if least == most else f"{middle} ({least}-{most})"


def aligned(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join([row[0].ljust(widths[0])] +
                      [cell.rjust(width) for cell, width in
                       zip(row[1:], widths[1:])]).rstrip() for row in rows]


def goals_table(rows):
    return "\n".join(aligned(
        [["goal", "limit", "median", "from", "to", ""]] +
        [[row["name"], f"{row['relation']} {row['limit']:.3g}",
          f"{row['median']:.2f}", f"{row['min']:.2f}", f"{row['max']:.2f}",
          row["verdict"]] for row in rows]))


# The plot.

WIDTH, LEFT, TOP = 860, 200, 46
COLOURS = {"ordermq": "#1b6ca8", "bare": "#8a8f98", "lua1": "#d08c2f"}


def bar(y, width, end, colour, label):
    """A bar, and its label behind the line that ends there."""
    return (f'<rect x="{LEFT}" y="{y}" width="{width:.0f}" height="14" '
            f'fill="{colour}"/><text x="{LEFT + end + 6:.0f}" '
            f'y="{y + 11}">{label}</text>')


def bars(results, title, figure, cases, form, top):
    """One bar a case and contender, and a line from least to most."""
    found = [(case, contender, spread(results.values(case, contender, figure)))
             for case in cases for contender in COLOURS
             if results.values(case, contender, figure)]
    if not found:
        return [], top
    scale = (WIDTH - LEFT - 190) / max(most for _, _, (_, _, most) in found)
    parts = [f'<text x="10" y="{top}" class="title">{title}</text>']
    last, y = None, top + 12
    for case, contender, (middle, least, most) in found:
        if case != last:
            y += 8
            parts.append(f'<text x="10" y="{y + 11}">{case}</text>')
            last = case
        label = f"{contender} {form.format(middle)}"
        parts.append(bar(y, middle * scale, most * scale,
                         COLOURS[contender], label))
        parts.append(f'<line x1="{LEFT + least * scale:.0f}" '
                     f'x2="{LEFT + most * scale:.0f}" y1="{y + 7}" '
                     f'y2="{y + 7}" stroke="#222"/>')
        y += 17
    return parts, y + 34


# Beyond 50,000 a second the latency is that of a queue that grows.
THROUGHPUT = ["saturation", "1 instance a group", "4 instances a group",
              "8 instances a group", "TCP", "everysec", "always"]
LATENCY = ["latency 1000/s", "latency 20000/s", "latency 50000/s"]


def plot(results, machine):
    """Throughput and latency as SVG."""
    parts, y = [], TOP
    for title, figure, cases, form in (
            ("orders a second, published and done by two groups",
             "orders_per_s", THROUGHPUT, "{:,.0f}"),
            ("redis-server CPU, microseconds an order",
             "redis_us_per_order", THROUGHPUT, "{:.1f}"),
            ("p50 from due to acknowledged, microseconds", "p50_us",
             LATENCY, "{:,.0f}"),
            ("p99 from due to acknowledged, microseconds", "p99_us",
             LATENCY, "{:,.0f}")):
        more, y = bars(results, title, figure, cases, form, y)
        parts += more
    head = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
            f'height="{y}" font-family="sans-serif" font-size="12">'
            '<style>.title{font-weight:bold;font-size:14px}</style>'
            f'<rect width="{WIDTH}" height="{y}" fill="white"/>'
            f'<text x="10" y="20">ordermq {machine["ordermq"]}, Redis '
            f'{machine["redis"]}, {machine["cores"]} cores: median, and from '
            'least to most</text>')
    return head + "\n".join(parts) + "</svg>\n"
