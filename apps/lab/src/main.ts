// Starts the Lab.

import './design/tokens.css';
import './design/base.css';
import { mount } from 'svelte';
import Lab from './Lab.svelte';
import { keepOffline } from './shell/offline.svelte.ts';

const target = document.getElementById('lab');
if (target) mount(Lab, { target });
void keepOffline();
