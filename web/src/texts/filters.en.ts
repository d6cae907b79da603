// What the page says in English of backgrounds and noise.

export const filters = {
  filters: {
    background: "Background",
    names: {
      none: "As it is",
      blur: "Blurred",
      study: "Study",
      evening: "Evening",
      meadow: "Meadow",
      own: "Your own picture",
    },
    choose: "Choose a picture",
    stays: "The picture stays in this browser.",
    noBackground: "Your background cannot be changed in this browser.",
    noDenoise: "The noise cannot be taken away in this browser.",
    noPicture: "That is no picture that this browser can show.",
    denoise: "Take away the noise around me",
  },
};
