"""Members: who joins, leaves, comes back, and what must end or begin with it."""

from __future__ import annotations

from datetime import date

from tests.checks.association import termination
from tests.checks.association_dates import DAY_BEFORE, MONTH_LATER, TWO_WEEKS_LATER, customer, member
from tests.checks.stage import Story
from tests.checks.tales import LONG_AGO, at, change, delete, leave, plan, put

REQUEST, SHIP = "Membership Termination Request", "Membership"
GONE = {
    "dues_of_inactive_members": (1, "warning"),
    "dues_blocked_by_ended_member": (1, "high"),
}
"""The app lets a schedule live when its member leaves."""


def crowd(count: int, **values) -> list[str]:
    """More members, who joined by an import long ago: free, so that only they themselves are judged."""
    found = []
    for number in range(100, 100 + count):
        told = {"status": "Active", "customer": customer(number), "payment_method": "Bank Transfer", **values}
        ship = {
            "docstatus": 1,
            "member": member(number),
            "status": "Active",
            "renewal_date": date(2028, 3, 1),
        }
        free = {"dues_rate": 0, "status": "Active", "custom_amount_reason": "Honorary member"}
        found += [
            put("Member", member(number), LONG_AGO, **told),
            put(SHIP, f"SHIP-{number}", LONG_AGO, **ship),
            put(
                "Membership Dues Schedule",
                f"DUES-{number}",
                LONG_AGO,
                member=member(number),
                is_template=0,
                **free,
            ),
        ]
    return found


def left(count: int, when) -> list[str]:
    """Of the crowd, some left, schedule and all."""
    found = []
    for number in range(100, 100 + count):
        found += [
            put(REQUEST, f"END-{number}", when, **termination(number, when)),
            change(SHIP, f"SHIP-{number}", status="Cancelled", cancellation_date=when.date()),
            change("Membership Dues Schedule", f"DUES-{number}", status="Cancelled"),
            change("Member", member(number), status="Terminated"),
        ]
    return found


def request(status: str, asked: date, **values) -> str:
    told = {"member": member(1), "termination_type": "Voluntary", "status": status, "request_date": asked}
    return put(REQUEST, "END-01", at(f"{asked}T10:00"), **{**told, **values})


STORIES = [
    # Joining
    Story(
        "an application waits for ten days",
        DAY_BEFORE,
        {"applications_waiting_7d": (1, "warning")},
        change("Member", member(13), creation=at("2027-06-04T09:00")),
    ),
    Story(
        "an application was turned down",
        DAY_BEFORE,
        {"applications_waiting_7d": 0},
        change(
            "Member",
            member(13),
            creation=at("2027-06-04T09:00"),
            status="Rejected",
            application_status="Rejected",
        ),
    ),
    Story(
        "an approval broke half way",
        DAY_BEFORE,
        {"memberships_of_pending_members": (1, "warning"), "applications_waiting_7d": 0},
        put(
            SHIP,
            "SHIP-13",
            at("2027-06-14T08:00"),
            docstatus=1,
            member=member(13),
            status="Active",
            start_date=date(2027, 6, 14),
            renewal_date=date(2028, 6, 14),
        ),
    ),
    Story(
        "an approval is under way",
        DAY_BEFORE,
        {"memberships_of_pending_members": 0},
        put(SHIP, "SHIP-13", at("2027-06-14T09:05"), docstatus=1, member=member(13), status="Active"),
    ),
    Story(
        "an application has a membership as a draft",
        DAY_BEFORE,
        {"memberships_of_pending_members": 0},
        put(SHIP, "SHIP-13", at("2027-06-13T09:05"), docstatus=0, member=member(13), status="Draft"),
    ),
    Story(
        "a member was turned down after his approval",
        DAY_BEFORE,
        {
            "memberships_of_ended_members": (1, "warning"),
            "dues_of_inactive_members": (1, "warning"),
            "dues_blocked_by_ended_member": 0,
            "sepa_batch_rows_of_ended_members": 0,
            "mandates_of_inactive_members": 0,
        },
        change("Member", member(1), status="Rejected", application_status="Rejected"),
    ),
    Story(
        "an import left an old member without membership and schedule",
        DAY_BEFORE,
        {"members_without_membership": (1, "warning"), "members_without_dues_schedule": (1, "info")},
        [
            put("Member", member(15), at("2027-06-01T10:00"), status="Active", customer=customer(15)),
            put(SHIP, "SHIP-15", at("2027-06-01T10:00"), docstatus=1, member=member(15), status="Expired"),
        ],
    ),
    Story(
        "a member has no customer",
        DAY_BEFORE,
        {"members_without_customer": (1, "warning")},
        change("Member", member(10), customer=None),
    ),
    Story(
        "two members have one number, but for a space",
        DAY_BEFORE,
        {"member_ids_duplicate": (1, "warning")},
        change("Member", member(10), member_id="L 0001"),
    ),
    Story(
        "an account could not be made",
        DAY_BEFORE,
        {"account_creations_failed": (1, "warning")},
        put(
            "Account Creation Request",
            "A",
            at("2027-06-12T10:00"),
            status="Failed",
            email="nieuw@voorbeeld.invalid",
        ),
    ),
    Story(
        "an account could not be made, and was made by hand",
        DAY_BEFORE,
        {"account_creations_failed": 0},
        put("Account Creation Request", "A", LONG_AGO, status="Failed", email="lid01@voorbeeld.invalid"),
    ),
    Story(
        "a request for an account was killed, and is Queued for ever",
        DAY_BEFORE,
        {"account_creations_failed": (1, "warning")},
        put(
            "Account Creation Request",
            "A",
            at("2027-06-12T10:00"),
            status="Queued",
            email="nieuw@voorbeeld.invalid",
        ),
    ),
    Story(
        "a request for an account was withdrawn",
        DAY_BEFORE,
        {"account_creations_failed": 0},
        put(
            "Account Creation Request",
            "A",
            at("2027-06-12T10:00"),
            status="Cancelled",
            email="nieuw@voorbeeld.invalid",
        ),
    ),
    # Leaving
    Story(
        "a member left two weeks ago, all but the schedule ended",
        TWO_WEEKS_LATER,
        {
            **GONE,
            "members_terminated_24h": 0,
            "memberships_of_ended_members": 0,
            "terminations_without_effect": 0,
        },
        leave(4, at("2027-06-16T16:00")),
    ),
    Story(
        "a member left two weeks ago, and his schedule was cancelled by hand",
        TWO_WEEKS_LATER,
        {"dues_of_inactive_members": 0, "dues_blocked_by_ended_member": 0},
        [leave(4, at("2027-06-16T16:00")), plan(4, status="Cancelled")],
    ),
    Story(
        "a member left, his user can log in still",
        TWO_WEEKS_LATER,
        {**GONE, "enabled_users_of_ended_members": (1, "warning")},
        [leave(4, at("2027-06-16T16:00")), change("User", "lid04@voorbeeld.invalid", enabled=1)],
    ),
    Story(
        "a member left, his user is another member's too",
        TWO_WEEKS_LATER,
        {**GONE, "enabled_users_of_ended_members": 0},
        [
            leave(4, at("2027-06-16T16:00")),
            change("User", "lid04@voorbeeld.invalid", enabled=1),
            change("Member", member(10), user="lid04@voorbeeld.invalid"),
        ],
    ),
    Story(
        "a volunteer left the association and is a volunteer still",
        TWO_WEEKS_LATER,
        {**GONE, "volunteers_of_ended_members": (1, "info")},
        leave(1, at("2027-06-16T16:00")),
    ),
    Story(
        "an executed request was written in the desk, without its effects",
        TWO_WEEKS_LATER,
        {
            **GONE,
            "memberships_of_ended_members": (1, "warning"),
            "volunteers_of_ended_members": (1, "info"),
            "terminations_without_effect": (1, "warning"),
        },
        [
            request("Executed", date(2027, 6, 16), execution_date=None, termination_date=date(2027, 6, 16)),
            change("Member", member(1), status="Terminated"),
        ],
    ),
    Story(
        "a resignation is approved and waits for its day",
        TWO_WEEKS_LATER,
        {"terminations_overdue": 0, "terminations_waiting_7d": 0},
        request("Approved", date(2027, 6, 16), termination_date=date(2027, 7, 31)),
    ),
    Story(
        "an approved resignation's day has passed, no job carries it out",
        TWO_WEEKS_LATER,
        {"terminations_overdue": (1, "warning")},
        request("Approved", date(2027, 6, 10), termination_date=date(2027, 6, 22)),
    ),
    Story(
        "an approved resignation is to be carried out today",
        TWO_WEEKS_LATER,
        {"terminations_overdue": 0},
        request("Approved", date(2027, 6, 10), termination_date=date(2027, 6, 29)),
    ),
    Story(
        "an approved resignation names no day",
        TWO_WEEKS_LATER,
        {"terminations_overdue": (1, "warning")},
        request("Approved", date(2027, 6, 10)),
    ),
    Story(
        "a resignation was begun and lies there",
        TWO_WEEKS_LATER,
        {"terminations_waiting_7d": (1, "warning"), "terminations_overdue": 0},
        request("Draft", date(2027, 6, 10)),
    ),
    Story(
        "a resignation was refused",
        TWO_WEEKS_LATER,
        {"terminations_waiting_7d": 0, "terminations_overdue": 0},
        request("Rejected", date(2027, 6, 10), termination_date=date(2027, 6, 22)),
    ),
    Story(
        "twelve of a hundred leave in one day",
        DAY_BEFORE,
        {
            "members_left_percent_24h": (10.71, "warning", "high"),
            "members_terminated_24h": (12, "info"),
            "members_churn_percent_30d": (10.71, "warning"),
        },
        [crowd(100), left(12, at("2027-06-14T08:00"))],
    ),
    Story(
        "three of twelve leave in one day: too few to be a fault",
        DAY_BEFORE,
        {
            "members_left_percent_24h": 0,
            "members_terminated_24h": 3,
            "members_churn_percent_30d": (20, "warning"),
        },
        [crowd(3), left(3, at("2027-06-14T08:00"))],
    ),
    Story(
        "thirty left years ago, the night saved them all",
        DAY_BEFORE,
        {"members_left_percent_24h": 0, "members_terminated_24h": 0, "members_churn_percent_30d": 0},
        [
            crowd(30),
            left(30, at("2024-06-14T08:00")),
            change("Member", [member(n) for n in range(100, 130)], modified=at("2027-06-14T00:03")),
        ],
    ),
    Story(
        "a request was executed twice by mistake",
        DAY_BEFORE,
        {"members_terminated_24h": 1, "members_churn_percent_30d": 7.69},
        [
            crowd(1),
            left(1, at("2027-06-14T08:00")),
            put(REQUEST, "END-B", at("2027-06-14T08:10"), **termination(100, at("2027-06-14T08:10"))),
        ],
    ),
    # Memberships
    Story(
        "a member rejoined by a second membership",
        DAY_BEFORE,
        {"memberships_two_active": 0, "terminations_without_effect": 0},
    ),
    Story(
        "a member has two memberships",
        DAY_BEFORE,
        {"memberships_two_active": (1, "warning")},
        put(
            SHIP,
            "SHIP-01-B",
            at("2027-06-01T10:00"),
            docstatus=1,
            member=member(1),
            status="Active",
            renewal_date=date(2028, 6, 1),
        ),
    ),
    Story(
        "a member has two memberships, one cancelled in the desk: its status stays Active",
        DAY_BEFORE,
        {"memberships_two_active": 0, "memberships_cancelled_but_active": 0},
        put(SHIP, "SHIP-01-B", at("2027-06-01T10:00"), docstatus=2, member=member(1), status="Active"),
    ),
    Story(
        "a membership was cancelled in the desk, the schedule is paused",
        DAY_BEFORE,
        {
            "members_without_membership": (1, "warning"),
            "members_without_dues_schedule": (1, "info"),
            "dues_not_generated_in_time": 0,
        },
        [change(SHIP, "SHIP-01", docstatus=2), plan(1, status="Paused")],
    ),
    Story(
        "a cancelled membership's period is over",
        DAY_BEFORE,
        {"memberships_cancelled_but_active": (1, "warning")},
        change(
            SHIP,
            "SHIP-01",
            cancellation_date=date(2027, 6, 1),
            cancellation_type="End of Period",
            renewal_date=date(2027, 6, 10),
        ),
    ),
    Story(
        "a cancelled membership's period runs on",
        DAY_BEFORE,
        {"memberships_cancelled_but_active": 0},
        change(SHIP, "SHIP-01", cancellation_date=date(2027, 6, 1), cancellation_type="End of Period"),
    ),
    Story(
        "a membership is cancelled as of next month",
        DAY_BEFORE,
        {"memberships_cancelled_but_active": 0},
        change(SHIP, "SHIP-01", cancellation_date=date(2027, 7, 1), cancellation_type="Immediate"),
    ),
    Story(
        "a membership's renewal date passed a week ago: nothing moves it",
        DAY_BEFORE,
        {"memberships_expired_but_active": 0},
        change(SHIP, "SHIP-01", renewal_date=date(2027, 6, 7)),
    ),
    Story(
        "memberships' renewal dates passed two months ago: nothing moves them",
        MONTH_LATER,
        {"memberships_expired_but_active": (3, "info")},
        change(SHIP, ["SHIP-01", "SHIP-02", "SHIP-03"], renewal_date=date(2027, 5, 10)),
    ),
    Story(
        "a member's status was set Suspended, and his schedule paused",
        DAY_BEFORE,
        {"dues_of_inactive_members": 0, "dues_blocked_by_ended_member": 0, "memberships_of_ended_members": 0},
        [change("Member", member(1), status="Suspended"), plan(1, status="Paused")],
    ),
    Story(
        "a member died, and all ended",
        TWO_WEEKS_LATER,
        {"mandates_of_inactive_members": 0, "memberships_of_ended_members": 0, "dues_of_inactive_members": 0},
        [leave(4, at("2027-06-20T16:00"), termination_type="Deceased"), plan(4, status="Cancelled")],
    ),
    Story(
        "an imported member reads Deceased, his mandate is active",
        TWO_WEEKS_LATER,
        {
            **GONE,
            "mandates_of_inactive_members": (1, "warning"),
            "memberships_of_ended_members": (1, "warning"),
            "enabled_users_of_ended_members": 0,
        },
        change("Member", member(4), status="Deceased"),
    ),
    Story(
        "a member left, rejoined by a new membership, and is Active",
        TWO_WEEKS_LATER,
        {
            "terminations_without_effect": 0,
            "members_without_membership": 0,
            "direct_debit_members_without_mandate": (1, "warning"),
        },
        [
            leave(4, at("2027-06-16T16:00"), status="Active"),
            change("User", "lid04@voorbeeld.invalid", enabled=1),
            put(
                SHIP,
                "SHIP-04-B",
                at("2027-06-25T10:00"),
                docstatus=1,
                member=member(4),
                status="Active",
                renewal_date=date(2028, 6, 25),
            ),
        ],
    ),
    Story(
        "a member who rejoined lost his new membership: told as a termination without effect",
        TWO_WEEKS_LATER,
        {"terminations_without_effect": (1, "warning"), "members_without_membership": 0},
        change(SHIP, "SHIP-14", docstatus=2),
    ),
    # What members ask for
    Story(
        "a change of the contribution is approved and was not applied",
        DAY_BEFORE,
        {"amendments_overdue": (1, "warning")},
        put(
            "Contribution Amendment Request",
            "C",
            at("2027-06-01T10:00"),
            member=member(1),
            status="Approved",
            effective_date=date(2027, 6, 10),
        ),
    ),
    Story(
        "a change of the contribution was applied, another is refused",
        DAY_BEFORE,
        {"amendments_overdue": 0, "requests_of_members_waiting": 0},
        [
            put(
                "Contribution Amendment Request",
                "C",
                at("2027-06-01T10:00"),
                member=member(1),
                status="Applied",
                effective_date=date(2027, 6, 10),
            ),
            put(
                "Contribution Amendment Request",
                "D",
                at("2027-05-01T10:00"),
                member=member(2),
                status="Rejected",
                effective_date=date(2027, 6, 10),
            ),
        ],
    ),
    Story(
        "members wait for two weeks for an answer",
        DAY_BEFORE,
        {"requests_of_members_waiting": (3, "info")},
        [
            put(
                "Chapter Join Request",
                "J",
                at("2027-05-20T10:00"),
                member=member(1),
                status="Pending",
                request_date=date(2027, 5, 20),
                docstatus=0,
            ),
            put(
                "Member Contact Request",
                "Q",
                at("2027-05-20T10:00"),
                member=member(2),
                status="Open",
                request_date=date(2027, 5, 20),
            ),
            put(
                "Contribution Amendment Request",
                "C",
                at("2027-05-20T10:00"),
                member=member(3),
                status="Pending Approval",
                requested_date=date(2027, 5, 20),
            ),
        ],
    ),
    Story(
        "members were answered",
        DAY_BEFORE,
        {"requests_of_members_waiting": 0},
        [
            put(
                "Chapter Join Request",
                "J",
                at("2027-05-20T10:00"),
                member=member(1),
                status="Approved",
                request_date=date(2027, 5, 20),
                docstatus=1,
            ),
            put(
                "Member Contact Request",
                "Q",
                at("2027-05-20T10:00"),
                member=member(2),
                status="Waiting for Response",
                request_date=date(2027, 5, 20),
            ),
            put(
                "Contribution Amendment Request",
                "C",
                at("2027-05-20T10:00"),
                member=member(3),
                status="Draft",
                requested_date=date(2027, 5, 20),
            ),
        ],
    ),
    # Volunteers
    Story(
        "an approved expense of the desk became no claim",
        MONTH_LATER,
        {"expenses_approved_unclaimed_7d": (1, "info")},
        put(
            "Volunteer Expense",
            "E",
            at("2027-06-20T10:00"),
            docstatus=0,
            status="Approved",
            expense_date=date(2027, 6, 19),
        ),
    ),
    Story(
        "an expense of the portal is a draft with a claim",
        MONTH_LATER,
        {"expenses_approved_unclaimed_7d": 0, "volunteer_expenses_pending": 0},
        put(
            "Volunteer Expense",
            "E",
            at("2027-06-20T10:00"),
            docstatus=0,
            status="Draft",
            expense_claim_id="CLAIM-1",
        ),
    ),
    Story(
        "six expenses wait for two weeks",
        MONTH_LATER,
        {"volunteer_expenses_waiting_14d": (6, "warning"), "volunteer_expenses_pending": 6},
        [
            put("Volunteer Expense", f"E{n}", at("2027-06-20T10:00"), docstatus=0, status="Submitted")
            for n in range(6)
        ],
    ),
    Story(
        "nobody is a member any more",
        DAY_BEFORE,
        {
            "members_active": (0, "high"),
            "dues_schedules_active": None,
            "sepa_creditor_settings_missing": None,
            "volunteers_active": (0, "info"),
            "volunteer_engagement_percent": None,
        },
        [
            change("Member", None, status="Terminated"),
            change(SHIP, None, status="Cancelled"),
            change("SEPA Mandate", None, status="Cancelled", is_active=0),
            "UPDATE `tabMembership Dues Schedule` SET status = 'Cancelled' WHERE is_template = 0",
            change("User", None, enabled=0),
            change("Volunteer", None, status="Inactive"),
            delete("Direct Debit Batch", None),
        ],
    ),
    Story(
        "nobody is a member yet",
        DAY_BEFORE,
        {"members_active": None, "dues_schedules_active": None, "sepa_creditor_settings_missing": None},
        [
            *(
                delete(kind, None)
                for kind in ("Member", SHIP, "SEPA Mandate", "Direct Debit Batch", "Sales Invoice")
            ),
            "DELETE FROM `tabMembership Dues Schedule` WHERE is_template = 0",
        ],
    ),
]
