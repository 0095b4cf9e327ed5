// The one script every page loads. It only brings the parts together; nothing imports this file.
import './theme.js';
import './zone.js';
import './drawer.js';
import './menu.js';
import './palette.js';
import './toast.js';
import './asked.js';
import './copy.js';
import './tabs.js';
import './fields.js';
import './confirm.js';
