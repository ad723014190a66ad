import './base.css';
import './browser.css';
import './jobs.css';
import './dialog.css';
