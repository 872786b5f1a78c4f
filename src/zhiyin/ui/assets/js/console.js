// The console's one script. Every page works without it; it only saves reloads and draws the charts.
import { drawCharts, watchCharts } from "./charts.js";
import { startDialogs } from "./dialogs.js";
import { startKeys } from "./keys.js";
import { startRefresh } from "./refresh.js";
import { startToasts } from "./toasts.js";

startDialogs();
startKeys();
startRefresh();
startToasts();
watchCharts();
drawCharts(document);
