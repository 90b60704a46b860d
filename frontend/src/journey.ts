/** The journey editor's page. */
import "./css/journey.css";

import { createElement } from "react";
import { createRoot } from "react-dom/client";

import { Editor } from "./journey/Editor";

const place = document.getElementById("journey-editor");
if (place) createRoot(place).render(createElement(Editor));
