/** Everything a page needs. Islands (softphone, journey editor) will be entries of their own. */
import "./css/index.css";
// Only the behaviours that pages use; each answers to its data-bs-* attributes, also on parts that htmx brings.
import "@tabler/core/js/src/bootstrap/dropdown";
import "@tabler/core/js/src/bootstrap/offcanvas";
import "@tabler/core/js/src/bootstrap/collapse";

import { startAsk } from "./ask";
import { startCopy } from "./copy";
import { startDefaults } from "./defaults";
import { startDrop } from "./drop";
import { startFollow } from "./follow";
import { startGuard } from "./guard";
import { startHtmx } from "./htmx";
import { startInsert } from "./insert";
import { startKeep } from "./keep";
import { startLive } from "./live";
import { startMenu } from "./menu";
import { startSet } from "./set";
import { startTables } from "./tables";
import { startTimers } from "./timers";
import { startToasts } from "./toast";

startMenu();
startHtmx();
startToasts();
startAsk(); // before the guard: a question comes before "is being sent"
startGuard();
startKeep();
startTables();
startTimers();
startCopy();
startDrop();
startDefaults();
startInsert();
startSet();
startFollow(); // before the stream that it follows
startLive();
