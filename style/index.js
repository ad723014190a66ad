import './base.css';
import './browser.css';
import './roots.css';
