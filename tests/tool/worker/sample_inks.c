/* A profile of inks is a table of what each mixture looks like. This one has
 * two places a side: nobody could print with it.
 */
#include "samples.h"

#include <stdlib.h>

#include <lcms2.h>

static void must(int worked)
{
    if (!worked)
        abort();
}

/* Four inks to L, a, b; the last two around 32768. */
static cmsInt32Number mix(const cmsUInt16Number in[], cmsUInt16Number out[],
                          void *arg)
{
    double cyan = in[0] / 65535.0, black = in[3] / 65535.0;
    double others = (in[1] + in[2]) / 131070.0;

    (void)arg;
    out[0] = (cmsUInt16Number)(65280 * (1 - black) * (1 - 0.45 * cyan) *
                               (1 - 0.5 * others));
    out[1] = (cmsUInt16Number)(32768 + 256 * 75 * cyan);
    out[2] = (cmsUInt16Number)(32768 + 256 * 50 * cyan);
    return 1;
}

sample strange_inks(void)
{
    cmsHPROFILE profile = cmsCreateProfilePlaceholder(NULL);
    cmsPipeline *look = cmsPipelineAlloc(NULL, 4, 3);
    cmsStage *table = cmsStageAllocCLut16bit(NULL, 2, 4, 3, NULL);
    cmsUInt32Number size = 0;
    sample made;

    must(profile != NULL && look != NULL && table != NULL);
    must(cmsStageSampleCLut16bit(table, mix, NULL, 0));
    must(cmsPipelineInsertStage(look, cmsAT_END, table));
    cmsSetProfileVersion(profile, 2.1);
    cmsSetDeviceClass(profile, cmsSigOutputClass);
    cmsSetColorSpace(profile, cmsSigCmykData);
    cmsSetPCS(profile, cmsSigLabData);
    must(cmsWriteTag(profile, cmsSigAToB0Tag, look));
    must(cmsSaveProfileToMem(profile, NULL, &size));
    made = (sample){ malloc(size), size };
    must(made.data != NULL && cmsSaveProfileToMem(profile, made.data, &size));
    cmsPipelineFree(look);
    cmsCloseProfile(profile);
    return made;
}
