import './base.css';
import './browser.css';
import './roots.css';
import './notifications.css';
import './notifications/history.css';
import './healthcheck/connection.css';
import './healthcheck/status.css';
import './healthcheck/kernels.css';
