// What the page says in Arabic of backgrounds and noise.
import type { filters as english } from "./filters.en";

export const filters: typeof english = {
  filters: {
    background: "الخلفية",
    names: {
      none: "كما هي",
      blur: "مموّهة",
      study: "مكتب",
      evening: "مساء",
      meadow: "مرج",
      own: "صورتك الخاصّة",
    },
    choose: "اختر صورة",
    stays: "تبقى الصورة في هذا المتصفّح.",
    noBackground: "لا يمكن تغيير الخلفية في هذا المتصفّح.",
    noDenoise: "لا يمكن إزالة الضجيج في هذا المتصفّح.",
    noPicture: "هذه ليست صورة يستطيع هذا المتصفّح عرضها.",
    denoise: "إزالة الضجيج من حولي",
  },
};
