"""Dues: who is billed, when, how often, and what stands in the way of it."""

from __future__ import annotations

from datetime import date

from tests.checks.association_dates import DAY_BEFORE, MONTH_LATER, TWO_WEEKS_LATER, invoice, member, schedule
from tests.checks.stage import Story
from tests.checks.tales import (
    JULY,
    LONG_AGO,
    at,
    bill,
    bill_period,
    change,
    credit,
    delete,
    error,
    leave,
    plan,
    put,
    sign,
    single,
    unbilled,
)

DUES, INVOICE, JOB = "Membership Dues Schedule", "Sales Invoice", "Scheduled Job Type"
BILLING = "membership_dues_schedule.generate_dues_invoices"
FIRST_OF_JULY = at("2027-07-01T09:00")


def paying(frequency: str, following: str, **more) -> str:
    """Member 10, who was never billed, pays from now on."""
    told = {
        "billing_frequency": frequency,
        "next_invoice_date": date.fromisoformat(following),
        "dues_rate": 20,
    }
    return plan(10, **{"membership_type": "Annual", "custom_amount_reason": None, **told, **more})


def billed(day: str, **more) -> list[str]:
    """An invoice of member 10 that was paid, the last of his schedule."""
    return [
        bill("INV-10", 10, at(f"{day}T00:03"), **{"outstanding_amount": 0, "status": "Paid", **more}),
        change(DUES, schedule(10), last_invoice_date=date.fromisoformat(day)),
    ]


def on_time(title: str, moment, changes) -> Story:
    told = {"dues_not_generated_in_time": 0, "dues_past_invoice_dates": 0, "dues_nonpositive_rate": 0}
    return Story(title, moment, told, changes)


def not_billed(title: str, moment, changes, **more) -> Story:
    return Story(title, moment, {"dues_not_generated_in_time": (1, "warning"), **more}, changes)


STORIES = [
    # Rhythms: a schedule is due 30 days before its date, but not in a period that has an invoice
    on_time(
        "a free member's date lies in the past", DAY_BEFORE, plan(10, next_invoice_date=date(2026, 6, 1))
    ),
    on_time(
        "quarterly dues, billed this quarter, are due again in three weeks",
        DAY_BEFORE,
        [paying("Quarterly", "2027-07-05"), billed("2027-04-06")],
    ),
    not_billed(
        "quarterly dues are due in three weeks, nothing was billed this quarter",
        DAY_BEFORE,
        [paying("Quarterly", "2027-07-05"), billed("2027-03-28")],
    ),
    on_time("quarterly dues are due in seven weeks", DAY_BEFORE, [paying("Quarterly", "2027-08-02")]),
    on_time(
        "a new quarter begins at midnight, the run was at three past",
        at("2027-07-01T01:00"),
        [paying("Quarterly", "2027-07-20"), billed("2027-04-06")],
    ),
    not_billed(
        "a new quarter began, the night's run left one out",
        FIRST_OF_JULY,
        [paying("Quarterly", "2027-07-20"), billed("2027-04-06")],
    ),
    on_time(
        "half-yearly dues, billed in February, are due in July",
        DAY_BEFORE,
        [paying("Semi-Annual", "2027-07-05"), billed("2027-02-10")],
    ),
    not_billed(
        "half-yearly dues are due in July, nothing was billed this half-year",
        DAY_BEFORE,
        [paying("Semi-Annual", "2027-07-05"), billed("2026-12-10")],
    ),
    not_billed(
        "half-yearly dues stop for ever after the first invoice: last and next date are equal",
        MONTH_LATER,
        [paying("Semi-Annual", "2027-05-10", last_invoice_date=date(2027, 5, 10)), billed("2027-05-10")],
        dues_past_invoice_dates=(1, "warning"),
        dues_oldest_past_invoice_days=(65, "warning", "high"),
    ),
    not_billed(
        "yearly dues are due in 25 days, nothing was billed this year",
        DAY_BEFORE,
        [paying("Annual", "2027-07-09"), billed("2026-07-09")],
    ),
    on_time(
        "yearly dues are due in 25 days, but this year has an invoice: the app waits for January",
        DAY_BEFORE,
        [paying("Annual", "2027-07-09"), billed("2027-01-04")],
    ),
    on_time("yearly dues are due in half a year", DAY_BEFORE, paying("Annual", "2027-12-01")),
    not_billed(
        "dues of every two months are due, nothing was billed this month",
        DAY_BEFORE,
        paying("Custom", "2027-07-01", custom_frequency_unit="Months", custom_frequency_number=2),
    ),
    not_billed(
        "dues of every two weeks are due, nothing was billed this week",
        DAY_BEFORE,
        [
            paying("Custom", "2027-06-14", custom_frequency_unit="Weeks", custom_frequency_number=2),
            billed("2027-06-11"),
        ],
    ),
    not_billed(
        "daily dues were not billed today",
        DAY_BEFORE,
        [paying("Daily", "2027-06-13"), billed("2027-06-13")],
        dues_past_invoice_dates=(1, "warning"),
        dues_oldest_past_invoice_days=1,
    ),
    on_time(
        "dues are billed five days before, not thirty",
        DAY_BEFORE,
        paying("Annual", "2027-06-25", invoice_days_before=5),
    ),
    not_billed(
        "dues are billed fourteen days before, and were not",
        DAY_BEFORE,
        paying("Annual", "2027-06-25", invoice_days_before=14),
    ),
    on_time(
        "a schedule was edited this morning and is due",
        DAY_BEFORE,
        [
            paying("Monthly", "2027-06-20"),
            change(DUES, schedule(10), modified=at("2027-06-14T08:30")),
        ],
    ),
    on_time(
        "a member is billed by another invoice of this month: the app waits for the next",
        DAY_BEFORE,
        [paying("Monthly", "2027-06-20"), billed("2027-06-02")],
    ),
    on_time(
        "a draft of this month blocks the billing like any other invoice",
        DAY_BEFORE,
        [
            paying("Monthly", "2027-06-20"),
            billed("2027-06-02", docstatus=0, status="Draft", outstanding_amount=7.5),
        ],
    ),
    on_time(
        "the month's invoice was cancelled and amended",
        DAY_BEFORE,
        [
            change(INVOICE, invoice(11), docstatus=2, status="Cancelled", modified=at("2027-06-10T10:00")),
            bill(f"{invoice(11)}-1", 11, at("2027-06-10T10:01")),
        ],
    ),
    Story(
        "the month's invoice was cancelled this morning: the next night bills anew",
        DAY_BEFORE,
        {"dues_not_generated_in_time": 0},
        change(INVOICE, invoice(11), docstatus=2, status="Cancelled", modified=at("2027-06-14T08:30")),
    ),
    on_time(
        "the month's invoice was credited",
        TWO_WEEKS_LATER,
        credit(invoice(3), at("2027-06-25T10:00"), 3),
    ),
    Story(
        "a membership was cancelled in the desk, the schedule goes on",
        DAY_BEFORE,
        {"members_without_membership": (1, "warning"), "dues_not_generated_in_time": 0},
        change("Membership", "SHIP-01", docstatus=2),
    ),
    on_time(
        "a first invoice of this month stands for the month's dues",
        DAY_BEFORE,
        [
            change("Member", member(13), status="Active", application_status="Approved", customer="CUS-13"),
            put(
                "Membership",
                "SHIP-13",
                at("2027-06-12T12:00"),
                docstatus=1,
                member=member(13),
                status="Active",
            ),
            bill("INV-FIRST-13", 13, at("2027-06-12T12:00"), days=14),
            sign("MND-13", 13, at("2027-06-12T12:00")),
            put(
                DUES,
                schedule(13),
                at("2027-06-13T00:05"),
                member=member(13),
                is_template=0,
                dues_rate=7.5,
                billing_frequency="Monthly",
                next_invoice_date=date(2027, 7, 12),
            ),
        ],
    ),
    not_billed(
        "a half-approved applicant's schedule is due, and never billed",
        FIRST_OF_JULY,
        [
            put(
                "Membership",
                "SHIP-13",
                at("2027-06-12T12:00"),
                docstatus=1,
                member=member(13),
                status="Active",
            ),
            change("Member", member(13), customer="CUS-13", creation=at("2027-06-28T10:00")),
            put(
                DUES,
                schedule(13),
                at("2027-06-13T00:05"),
                member=member(13),
                is_template=0,
                dues_rate=7.5,
                billing_frequency="Monthly",
                next_invoice_date=date(2027, 7, 12),
            ),
        ],
        memberships_of_pending_members=(1, "warning"),
    ),
    Story(
        "dues are paused for a year by hand, and the night makes no second schedule",
        DAY_BEFORE,
        {"members_without_dues_schedule": (1, "info"), "dues_not_generated_in_time": 0},
        plan(1, status="Paused"),
    ),
    Story(
        "dues are forgotten for half a year, since another invoice stands in the year",
        at("2027-12-10T10:00"),
        {
            "dues_not_generated_in_time": 0,
            "dues_past_invoice_dates": (1, "warning"),
            "dues_oldest_past_invoice_days": (154, "warning", "high"),
        },
        [paying("Annual", "2027-07-09"), billed("2027-01-04")],
    ),
    # The run itself
    on_time("1 January, two minutes after midnight, before the run", at("2028-01-01T00:02"), []),
    Story(
        "1 January, the run began 27 minutes ago and has made nothing yet",
        at("2028-01-01T00:30"),
        {"dues_not_generated_in_time": 0, "dues_past_invoice_dates": 0},
        [unbilled(date(2028, 1, 1)), change("Scheduled Job Log", f"LOG-{BILLING}-0", status="Start")],
    ),
    Story(
        "a new month's run made nothing, and its job is Complete",
        FIRST_OF_JULY,
        {"dues_not_generated_in_time": (10, "warning"), "dues_past_invoice_dates": 0},
        unbilled(JULY),
    ),
    Story(
        "a new month's run made nothing, the morning after",
        at("2027-07-02T09:00"),
        {"dues_not_generated_in_time": (10, "warning"), "dues_past_invoice_dates": (10, "warning")},
        unbilled(JULY),
    ),
    Story(
        "a new month's run made nothing, two weeks after",
        MONTH_LATER,
        {
            "dues_not_generated_in_time": (10, "warning"),
            "dues_past_invoice_dates": (10, "warning"),
            "dues_oldest_past_invoice_days": (13, "warning", "high"),
            "sepa_rows_not_collectable": (9, "high"),
        },
        unbilled(JULY),
    ),
    Story(
        "the run was not started for three days, and a month began",
        at("2027-07-04T09:00"),
        {
            "dues_not_generated_in_time": (10, "warning"),
            "dues_past_invoice_dates": (10, "warning"),
            "dues_oldest_past_invoice_days": (3, "warning"),
            "dues_generation_age_hours": (104.93, "warning", "high"),
            "scheduler_money_jobs_late": (1, "warning"),
            "scheduler_overdue_jobs": (1, "warning"),
        },
        [
            unbilled(JULY),
            change(JOB, BILLING, last_execution=at("2027-06-30T00:03")),
            delete("Scheduled Job Log", [f"LOG-{BILLING}-{number}" for number in range(4)]),
        ],
    ),
    Story(
        "one who left stops the billing of all the others",
        FIRST_OF_JULY,
        {
            "dues_not_generated_in_time": (9, "warning"),
            "dues_of_inactive_members": (1, "warning"),
            "dues_blocked_by_ended_member": (1, "high"),
            "errors_of_money_code_26h": (9, "warning"),
            "errors_new_titles_24h": 1,
        },
        [
            unbilled(JULY),
            leave(4, at("2027-06-20T16:00")),
            error(
                at("2027-07-01T00:03"),
                "Invoice blocked: member MEM-04 is Terminated",
                "Member Status Validation",
            ),
            [
                error(
                    at("2027-07-01T00:03"),
                    f"Invoice gen failed for {schedule(number)}: This statement can cause implicit commit",
                    "Invoice Generation Failure",
                    number,
                )
                for number in (1, 2, 3, 5, 6, 7, 8, 11, 14)
            ],
        ],
    ),
    # Who is billed
    Story(
        "a suspended member's schedule is active",
        DAY_BEFORE,
        {
            "dues_past_invoice_dates": 0,
            "dues_not_generated_in_time": 0,
            "dues_of_inactive_members": (1, "warning"),
            "dues_blocked_by_ended_member": (1, "high"),
            "sepa_batch_rows_of_ended_members": 0,
        },
        [change("Member", member(1), status="Suspended"), plan(1, next_invoice_date=date(2027, 5, 1))],
    ),
    Story(
        "who left has a yearly schedule of next spring: it stands in nobody's way yet",
        TWO_WEEKS_LATER,
        {"dues_of_inactive_members": (1, "warning"), "dues_blocked_by_ended_member": 0},
        leave(9, at("2027-06-20T16:00")),
    ),
    Story(
        "a schedule has no next date",
        DAY_BEFORE,
        {"dues_without_next_invoice_date": (1, "warning")},
        plan(1, next_invoice_date=None),
    ),
    Story(
        "a free schedule has no next date",
        DAY_BEFORE,
        {"dues_without_next_invoice_date": 0},
        plan(10, next_invoice_date=None),
    ),
    Story(
        "a schedule that bills by hand has no next date",
        DAY_BEFORE,
        {"dues_without_next_invoice_date": 0, "dues_not_generated_in_time": 0},
        plan(1, next_invoice_date=None, auto_generate=0),
    ),
    Story(
        "a rate is below nothing",
        DAY_BEFORE,
        {"dues_nonpositive_rate": (1, "warning")},
        plan(1, dues_rate=-5),
    ),
    Story(
        "a rate is nothing, without a reason, where the type has a minimum",
        DAY_BEFORE,
        {"dues_nonpositive_rate": (1, "warning")},
        plan(1, dues_rate=0),
    ),
    Story(
        "an honorary member's rate is nothing, without a reason",
        DAY_BEFORE,
        {"dues_nonpositive_rate": 0},
        plan(10, custom_amount_reason=None),
    ),
    Story(
        "a schedule is in test mode and says Active",
        DAY_BEFORE,
        {"dues_schedules_invalid": (1, "warning"), "dues_past_invoice_dates": 0},
        plan(1, test_mode=1, next_invoice_date=date(2027, 5, 1)),
    ),
    Story(
        "a schedule is a Test",
        DAY_BEFORE,
        {"dues_schedules_invalid": (1, "warning"), "members_without_dues_schedule": (1, "info")},
        plan(10, status="Test"),
    ),
    Story(
        "a schedule ended last week and goes on billing",
        DAY_BEFORE,
        {"dues_schedules_invalid": (1, "warning")},
        plan(1, end_date=date(2027, 6, 7)),
    ),
    Story(
        "a member has two active schedules",
        DAY_BEFORE,
        {"dues_duplicate_active_schedules": (1, "warning")},
        put(
            DUES,
            "DUES-01-B",
            at("2027-06-02T00:10"),
            member=member(1),
            is_template=0,
            dues_rate=7.5,
            billing_frequency="Monthly",
            next_invoice_date=date(2027, 7, 1),
        ),
    ),
    Story(
        "a paused schedule got a second one in the night",
        DAY_BEFORE,
        {"dues_duplicate_active_schedules": 0, "members_without_dues_schedule": 0},
        [
            plan(1, status="Paused"),
            put(
                DUES,
                "DUES-01-B",
                at("2027-06-02T00:10"),
                member=member(1),
                is_template=0,
                dues_rate=7.5,
                billing_frequency="Monthly",
                next_invoice_date=date(2027, 7, 1),
            ),
        ],
    ),
    Story(
        "a schedule's member does not exist",
        DAY_BEFORE,
        {"schedules_of_missing_members": (1, "warning")},
        put(
            DUES,
            "DUES-99",
            LONG_AGO,
            member=member(99),
            is_template=0,
            dues_rate=7.5,
            next_invoice_date=date(2027, 7, 1),
        ),
    ),
    # Invoices
    Story(
        "a member was billed twice for one month",
        DAY_BEFORE,
        {"dues_invoiced_twice_7d": (1, "high")},
        bill_period("TWICE", 1, at("2027-06-12T00:03"), date(2027, 6, 1), date(2027, 6, 30)),
    ),
    Story(
        "a member was billed twice, and the second was credited",
        DAY_BEFORE,
        {"dues_invoiced_twice_7d": 0},
        [
            bill_period("TWICE", 1, at("2027-06-12T00:03"), date(2027, 6, 1), date(2027, 6, 30)),
            credit("TWICE", at("2027-06-12T10:00"), 1),
        ],
    ),
    Story(
        "a member was billed twice, and the second was cancelled",
        DAY_BEFORE,
        {"dues_invoiced_twice_7d": 0},
        bill_period(
            "TWICE",
            1,
            at("2027-06-12T00:03"),
            date(2027, 6, 1),
            date(2027, 6, 30),
            docstatus=2,
            status="Cancelled",
        ),
    ),
    Story(
        "a member was billed twice, eight days ago",
        DAY_BEFORE,
        {"dues_invoiced_twice_7d": 0},
        bill_period("TWICE", 1, at("2027-06-06T00:03"), date(2027, 6, 1), date(2027, 6, 30)),
    ),
    Story(
        "a member is billed for July early",
        DAY_BEFORE,
        {"dues_invoiced_twice_7d": 0},
        bill_period("EARLY", 1, at("2027-06-12T00:03"), date(2027, 7, 1), date(2027, 7, 31)),
    ),
    Story(
        "periods of a new rhythm overlap by a day",
        DAY_BEFORE,
        {"dues_invoiced_twice_7d": (1, "high")},
        bill_period("QUARTER", 1, at("2027-06-12T00:03"), date(2027, 6, 30), date(2027, 9, 30)),
    ),
    Story(
        "two of a family pay by one customer",
        DAY_BEFORE,
        {"dues_invoiced_twice_7d": 0},
        bill_period(
            "FAMILY", 10, at("2027-06-12T00:03"), date(2027, 6, 1), date(2027, 6, 30), customer="CUS-01"
        ),
    ),
    Story(
        "an event's invoice has no period",
        DAY_BEFORE,
        {"dues_invoiced_twice_7d": 0},
        bill("EVENT", 1, at("2027-06-12T10:00")),
    ),
    Story(
        "the app could not submit an invoice and left a draft",
        DAY_BEFORE,
        {"invoices_stuck_drafts": (1, "warning")},
        bill_period(
            "DRAFT",
            10,
            at("2027-06-12T00:03"),
            date(2027, 6, 1),
            date(2027, 6, 30),
            docstatus=0,
            status="Draft",
        ),
    ),
    Story(
        "a person's draft is not the app's",
        DAY_BEFORE,
        {"invoices_stuck_drafts": 0},
        bill("DRAFT", 10, at("2027-06-02T10:00"), docstatus=0, status="Draft"),
    ),
    Story(
        "drafts are the way in which an association works",
        DAY_BEFORE,
        {"invoices_stuck_drafts": 0},
        [
            single("Verenigingen Settings", "auto_submit_membership_invoices", "0"),
            bill_period(
                "DRAFT",
                10,
                at("2027-06-12T00:03"),
                date(2027, 6, 1),
                date(2027, 6, 30),
                docstatus=0,
                status="Draft",
            ),
        ],
    ),
    Story(
        "two more of June's debits came back, and July's batch leaves them out",
        MONTH_LATER,
        {
            "invoices_paid_percent_30d": (63.64, "warning"),
            "members_overdue_percent": 0,
            "sepa_returned_not_collected_again": (2, "info"),
        },
        change(INVOICE, [invoice(1), invoice(2)], outstanding_amount=7.5, status="Overdue"),
    ),
    Story(
        "what came back in June is credited, and July's batch collects it tomorrow",
        MONTH_LATER,
        {"invoices_paid_percent_30d": 100, "sepa_paid_invoices_in_coming_batches": (2, "critical")},
        [credit(invoice(3), at("2027-07-12T10:00"), 3), credit(invoice(6), at("2027-07-12T10:00"), 6)],
    ),
    Story(
        "two of twelve have not paid for a month",
        at("2027-08-05T10:00"),
        {"members_overdue_percent": (16.67, "warning"), "sepa_returned_not_collected_again": (1, "info")},
        change(INVOICE, [invoice(1), invoice(11)], outstanding_amount=7.5, status="Overdue"),
    ),
    Story(
        "one member owes three invoices, two of them of before the collections",
        at("2027-08-05T10:00"),
        {
            "members_overdue_percent": 8.33,
            "sepa_invoices_in_no_batch": (2, "warning"),
            "sepa_returned_not_collected_again": (1, "info"),
        },
        change(
            INVOICE,
            [invoice(1, date(2027, month, 1)) for month in (4, 5, 6)],
            outstanding_amount=7.5,
            status="Overdue",
        ),
    ),
]
