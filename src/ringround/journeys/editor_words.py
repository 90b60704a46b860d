"""The words of the journey editor. They travel in its page as JSON, so there is no second catalogue.

`{name}` is filled in by the browser. Where a count decides, the key with `One` at its end is for a single one.
"""

from __future__ import annotations

from django.utils.translation import gettext as _

from ringround.journeys.words import REASONS


def words() -> dict[str, str]:
    """Key to sentence in the language of the request."""
    return {
        **_general(),
        **_canvas(),
        **_fields(),
        **_keys(),
        **_saving(),
        **_versions(),
        **_simulation(),
        **_reasons(),
    }


def _general() -> dict[str, str]:
    return {
        "add": _("Add"),
        "and": _("and"),
        "cancel": _("Cancel"),
        "choose": _("Choose …"),
        "close": _("Close"),
        "copy": _("Copy"),
        "delete": _("Delete"),
        "duplicate": _("Duplicate"),
        "find": _("Find a step"),
        "from": _("From"),
        "journey": _("Journey"),
        "name": _("Name"),
        "no": _("no"),
        "none": _("Nothing chosen"),
        "nothing": _("nothing: the run ends"),
        "nothingFits": _("Nothing fits."),
        "or": _("or"),
        "paste": _("Paste"),
        "publish": _("Publish"),
        "redo": _("Redo"),
        "refused": _("That was not possible."),
        "search": _("Search"),
        "simulate": _("Simulate"),
        "then": _("then"),
        "tidy": _("Tidy up"),
        "to": _("To"),
        "trigger": _("Trigger"),
        "undo": _("Undo"),
        "unreachable": _("The server could not be reached. Nothing is lost."),
        "versions": _("Versions"),
        "yes": _("yes"),
    }


def _canvas() -> dict[str, str]:
    return {
        "addAfter": _("Add a step after {node} {way}"),
        "added": _("{node} was added."),
        "addWhat": _("What comes next?"),
        "arrow": _("Arrow"),
        "arrows": _("Arrows"),
        "canvas": _("Canvas"),
        "caption": _("Own caption"),
        "chooseTrigger": _("Choose a trigger"),
        "chosen": _("{count} steps are chosen"),
        "chosenOne": _("One step is chosen"),
        "closePanel": _("Close"),
        "connectedTo": _("The arrow leads there now."),
        "connectTo": _("Where does the arrow lead?"),
        "copied": _("{count} steps were copied."),
        "copiedOne": _("One step was copied."),
        "endsHere": _("the run ends here"),
        "entered": _("{count} came here"),
        "enteredOne": _("{count} came here"),
        "errors": _("{count} faults"),
        "errorsOne": _("{count} fault"),
        "failed": _("{count} failed"),
        "failedOne": _("{count} failed"),
        "goTo": _("Go to {node}"),
        "leadsTo": _("{way} leads to {node}"),
        "missing": _("Choose or write: {field}"),
        "moved": _("Moved."),
        "noStart": _("Nothing happens yet: add a first step."),
        "noWay": _("No arrow leads on from here."),
        "overview": _("Overview"),
        "palette": _("Steps to add"),
        "pasted": _("{count} steps were added."),
        "pastedOne": _("One step was added."),
        "removed": _("{count} steps were deleted."),
        "removedOne": _("One step was deleted."),
        "searchPalette": _("Search the steps"),
        "skipped": _("{count} skipped"),
        "skippedOne": _("{count} skipped"),
        "taken": _("leads somewhere already"),
        "tools": _("Tools"),
        "unreachableNode": _("No arrow leads here."),
        "waitingHere": _("{count} wait here"),
        "waitingHereOne": _("{count} waits here"),
        "warnings": _("{count} remarks"),
        "warningsOne": _("{count} remark"),
        "whichArrow": _("Which arrow?"),
        "zoom": _("Zoom"),
        "zoomFit": _("Show everything"),
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
    }


def _fields() -> dict[str, str]:
    return {
        "addCase": _("Case with a condition"),
        "addCount": _("Count"),
        "addGroup": _("Group"),
        "addPath": _("Path"),
        "addRow": _("Row"),
        "addTest": _("Condition"),
        "addValueCase": _("Case"),
        "allOrAny": _("All or any"),
        "allTrue": _("All of these"),
        "anyTrue": _("Any of these"),
        "asWritten": _("As it is written in the document"),
        "campaigns": _("Campaigns"),
        "campaignsHelp": _("The journey looks after the leads of these campaigns."),
        "caseName": _("Name of case {number}"),
        "caseNumber": _("Case {number}"),
        "caseValue": _("Value of case {number}"),
        "caseWhen": _("Condition of case {number}"),
        "commaList": _("With commas between"),
        "countedEvent": _("What is counted"),
        "countWords": _("{event} in the last {within}: number {op} {value}"),
        "days": _("{count} days"),
        "daysOne": _("{count} day"),
        "description": _("Description"),
        "entry": _("Only leads for which"),
        "entryHelp": _("Asked once, when the trigger happens. Left empty: every lead of the campaigns."),
        "fact": _("Field"),
        "gone": _("{what} (is not there any more)"),
        "hours": _("{count} hours"),
        "hoursOne": _("{count} hour"),
        "isEmpty": _("{what} is empty"),
        "journeyHelp": _("What counts for the whole journey. Choose a step to see what it does."),
        "maxAttempts": _("as many as the campaign allows"),
        "minutes": _("{count} minutes"),
        "minutesOne": _("{count} minute"),
        "months": _("{count} months"),
        "monthsOne": _("{count} month"),
        "moveUp": _("{what}: move up"),
        "noneThere": _("There are none."),
        "not": _("not"),
        "notJson": _("This is not JSON."),
        "notThat": _("not ({what})"),
        "numberOf": _("Number of: {what}"),
        "operator": _("Comparison"),
        "ownQuietHours": _("Quiet hours of the journey's own"),
        "pathName": _("Name of path {number}"),
        "pathNumber": _("Path {number}"),
        "removeRow": _("Remove the row"),
        "removeThis": _("{what}: remove"),
        "rowFrom": _("Row {number}: from"),
        "rowTo": _("Row {number}: to"),
        "seconds": _("{count} seconds"),
        "secondsOne": _("{count} second"),
        "thisMany": _("so many"),
        "triggerType": _("What starts it"),
        "unit": _("Unit"),
        "unit_days": _("days"),
        "unit_hours": _("hours"),
        "unit_minutes": _("minutes"),
        "unit_months": _("months"),
        "unit_seconds": _("seconds"),
        "unit_weeks": _("weeks"),
        "unit_years": _("years"),
        "value": _("Value"),
        "weeks": _("{count} weeks"),
        "weeksOne": _("{count} week"),
        "weight": _("Weight"),
        "withinLast": _("in the last"),
        "years": _("{count} years"),
        "yearsOne": _("{count} year"),
    }


def _keys() -> dict[str, str]:
    return {
        "keyAdd": _("Add a step after this one"),
        "keyConnect": _("Say where an arrow leads"),
        "keyDelete": _("Delete"),
        "keyEdit": _("Go to what is set on the step"),
        "keyEsc": _("Back to the step; let go of it"),
        "keyMove": _("Move the step"),
        "keys": _("Keys"),
        "keysHelp": _("These work while a step on the canvas has the focus."),
        "keyTab": _("From step to step, in the order of the arrows"),
        "keyWalk": _("To the next step in that direction"),
    }


def _saving() -> dict[str, str]:
    return {
        "changed": _("Not saved yet"),
        "conflict": _(
            "Somebody else changed this journey at {at}, while you were at it. Yours is not saved: choose which goes"
            " on. The other is one step back by Undo."
        ),
        "keepMine": _("Go on with mine"),
        "notSaved": _("The draft could not be saved. Mend that first."),
        "saved": _("Saved"),
        "saveFailed": _("Not saved. Trying again …"),
        "saving": _("Saving …"),
        "takeTheirs": _("Take theirs"),
    }


def _versions() -> dict[str, str]:
    return {
        "arrowNamed": _("Arrow {name}"),
        "backfilled": _("{count} leads match now and begin at once"),
        "backfilledOne": _("{count} lead matches now and begins at once"),
        "becomesVersion": _("It becomes version {number}."),
        "field_campaigns": _("Campaigns"),
        "field_description": _("Description"),
        "field_entry": _("Only leads for which"),
        "field_name": _("Name"),
        "field_title": _("Own caption"),
        "field_type": _("Kind"),
        "firstVersion": _("This is the first version."),
        "looking": _("Looking at what changes …"),
        "mustMend": _("{count} faults are in the way:"),
        "mustMendOne": _("One fault is in the way:"),
        "noDifference": _("Nothing is different."),
        "noVersion": _("Nothing has been published yet."),
        "onlyFromNow": _("It begins with what happens from now on; nobody is let in who matches already."),
        "publishNow": _("Publish now"),
        "publishTitle": _("Publish the journey"),
        "restore": _("Take version {number} as the draft"),
        "runsMigrate": _("{count} runs that are under way go over to it."),
        "runsMigrateOne": _("One run that is under way goes over to it."),
        "runsOn": _("{count} runs are on it"),
        "runsOnOne": _("{count} run is on it"),
        "runsStay": _("{count} runs that are under way stay on the version they began with."),
        "runsStayOne": _("One run that is under way stays on the version it began with."),
        "sinceThen": _("What the draft has changed since version {number}"),
        "sort_added": _("new"),
        "sort_changed": _("changed"),
        "sort_removed": _("gone"),
        "versionNumber": _("Version {number}"),
        "whatChanges": _("What changes"),
        "worksOn": _("It works on {campaigns}."),
        "worksOnNone": _("It works on no campaign yet."),
    }


def _simulation() -> dict[str, str]:
    return {
        "addStep": _("Something that happens"),
        "after": _("How much later"),
        "count": _("How many"),
        "ended": _("The run ended"),
        "figuresLive": _("Show what has really happened"),
        "figuresPlayed": _("The figures on the canvas are those of the simulation."),
        "happens": _("What happens"),
        "howManyDays": _("Days back"),
        "later": _("later"),
        "line_entered": _("begins"),
        "line_failed": _("failed: {detail}"),
        "line_finished": _("the run ends: {detail}"),
        "line_left": _("goes on by “{detail}”"),
        "line_skipped": _("skipped: {detail}"),
        "line_waiting": _("waits"),
        "notLetIn": _("The lead is not let in: {why}"),
        "oneLead": _("One lead"),
        "pastCut": _("There were more; the latest were taken."),
        "pastDays": _("The past days"),
        "pastLeads": _("Something happened to {count} leads."),
        "pastLeadsOne": _("Something happened to {count} lead."),
        "pastOnCanvas": _("The canvas behind this shows the counts on the arrows."),
        "pastRuns": _("{count} runs would have begun."),
        "pastRunsOne": _("{count} run would have begun."),
        "play": _("Play"),
        "simulateHelp": _(
            "The journey is played by the same rules as for real, on a clock of its own. Nothing is sent,"
            " no lead is touched."
        ),
        "simulateTitle": _("Simulate the journey"),
        "step": _("Step"),
        "stillWaiting": _("still waiting"),
        "theLead": _("The lead at the beginning"),
        "theScript": _("What happens, in its order"),
        "waitsFor": _("In the end it waits at {node}, for something to happen."),
        "waitsUntil": _("In the end it waits at {node} until {at}."),
    }


def _reasons() -> dict[str, str]:
    return {f"reason_{code}": str(text) for code, text in REASONS.items()}
