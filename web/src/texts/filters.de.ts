// What the page says in German of backgrounds and noise.
import type { filters as english } from "./filters.en";

export const filters: typeof english = {
  filters: {
    background: "Hintergrund",
    names: {
      none: "Wie er ist",
      blur: "Weichgezeichnet",
      study: "Arbeitszimmer",
      evening: "Abend",
      meadow: "Wiese",
      own: "Eigenes Bild",
    },
    choose: "Bild auswählen",
    stays: "Das Bild bleibt in diesem Browser.",
    noBackground: "Der Hintergrund lässt sich in diesem Browser nicht ändern.",
    noDenoise: "Die Geräusche lassen sich in diesem Browser nicht entfernen.",
    noPicture: "Das ist kein Bild, das dieser Browser zeigen kann.",
    denoise: "Geräusche um mich herum entfernen",
  },
};
